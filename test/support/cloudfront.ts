import { type KeyObject, verify } from "node:crypto";
import type { ServerResponse } from "node:http";
import { GetObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { startHttpServer } from "./listening.ts";
import { type Closable, startTogether } from "./resources.ts";
import type { StoreDescription } from "./store-description.ts";

export interface CloudFrontOptions {
  /** Where the bucket is. It is read with credentials of the distribution's own, as with origin access control. */
  readonly store: Pick<StoreDescription, "endpoint" | "region" | "adminCredentials">;
  readonly bucket: string;
  /** The public keys of the trusted key group, by their ids. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  /** Milliseconds. Default: the time of this machine. */
  readonly now?: (() => number) | undefined;
}

/** A distribution with a trusted key group, as the documentation of CloudFront describes it. */
export interface CloudFront extends Closable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** How many requests were not answered from the cache. */
  readonly originRequests: number;
}

/** What the cache policy of docs/guides/cloudfront.md makes a part of the cache key, and forwards. */
export const forwardedParameters = ["response-content-disposition", "response-content-type", "versionId"];

export function startCloudFront({
  store,
  bucket,
  publicKeys,
  now = Date.now,
}: CloudFrontOptions): Promise<CloudFront> {
  return startTogether(async (started) => {
    const { endpoint, region, adminCredentials: credentials } = store;
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    started.defer(() => s3.destroy());
    const cache = new Map<string, Delivery>();
    let originRequests = 0;
    const server = await started.use(
      startHttpServer(async ({ url: target = "", headers }, response) => {
        const request = parseTarget(`http://${headers.host}`, target);
        const fault = faultOf(request, publicKeys, now());
        if (fault !== undefined) {
          response.writeHead(403, { "content-type": "text/plain" }).end(fault);
          return;
        }
        const cacheKey = `${request.path}?${request.forwarded}`;
        let delivery = cache.get(cacheKey);
        if (delivery === undefined) {
          originRequests += 1;
          delivery = await fromOrigin(s3, bucket, request);
          if (delivery.status === 200) cache.set(cacheKey, delivery);
        }
        deliver(delivery, response);
      }),
    );
    return {
      url: server.url,
      get originRequests() {
        return originRequests;
      },
    };
  });
}

interface ViewerRequest {
  /** The URL without CloudFront's own parameters, exactly as it was sent. */
  readonly resource: string;
  /** Still percent-encoded. */
  readonly path: string;
  readonly forwarded: URLSearchParams;
  readonly own: ReadonlyMap<string, string>;
}

const ownParameters = ["Expires", "Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm"];

function parseTarget(origin: string, target: string): ViewerRequest {
  const [path = "", query = ""] = target.split(/\?(.*)/s);
  const parameters = query === "" ? [] : query.split("&");
  const nameOf = (parameter: string) => parameter.split("=", 1)[0] ?? "";
  const others = parameters.filter((each) => !ownParameters.includes(nameOf(each)));
  const own = parameters.filter((each) => ownParameters.includes(nameOf(each)));
  const forwarded = new URLSearchParams(others.join("&"));
  for (const name of [...forwarded.keys()]) if (!forwardedParameters.includes(name)) forwarded.delete(name);
  return {
    resource: `${origin}${path}${others.length === 0 ? "" : `?${others.join("&")}`}`,
    path,
    forwarded,
    own: new Map(own.map((each) => [nameOf(each), each.slice(nameOf(each).length + 1)])),
  };
}

/** Returns why CloudFront refuses the request, or undefined. */
function faultOf(
  { resource, own }: ViewerRequest,
  publicKeys: ReadonlyMap<string, KeyObject>,
  nowMs: number,
): string | undefined {
  const keyPairId = own.get("Key-Pair-Id");
  if (keyPairId === undefined) return "MissingKey: Missing Key-Pair-Id query parameter or cookie value";
  const publicKey = publicKeys.get(keyPairId);
  if (publicKey === undefined) return "InvalidKey: Unknown Key";
  const hash = own.get("Hash-Algorithm") ?? "SHA1";
  if (!["SHA1", "SHA256"].includes(hash)) return "InvalidHashAlgorithm";
  const custom = own.get("Policy");
  // A canned policy is not sent. CloudFront writes it from the URL and Expires.
  const policy =
    custom === undefined
      ? `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${own.get("Expires")}}}}]}`
      : fromBase64(custom).toString();
  const signature = fromBase64(own.get("Signature") ?? "");
  if (!verify(hash, Buffer.from(policy), publicKey, signature)) return "AccessDenied: wrong signature";
  const { Statement: [statement] = [] } = JSON.parse(policy) as { Statement?: PolicyStatement[] };
  if (statement === undefined || !matches(statement.Resource, resource))
    return "AccessDenied: other resource";
  const expiresMs = statement.Condition.DateLessThan["AWS:EpochTime"] * 1000;
  return nowMs < expiresMs ? undefined : "AccessDenied: expired";
}

interface PolicyStatement {
  readonly Resource: string;
  readonly Condition: { readonly DateLessThan: { readonly "AWS:EpochTime": number } };
}

/** `*` matches any characters, and `?` exactly one: a policy that is sent may have wildcards. */
function matches(pattern: string, resource: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(resource);
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/"), "base64");
}

interface Delivery {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

async function fromOrigin(
  s3: S3Client,
  bucket: string,
  { path, forwarded }: ViewerRequest,
): Promise<Delivery> {
  try {
    const object = await s3.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: decodeURIComponent(path.slice(1)),
        VersionId: forwarded.get("versionId") ?? undefined,
        ResponseContentDisposition: forwarded.get("response-content-disposition") ?? undefined,
        ResponseContentType: forwarded.get("response-content-type") ?? undefined,
      }),
    );
    const headers = {
      "content-type": object.ContentType ?? "",
      "content-disposition": object.ContentDisposition ?? "",
      etag: object.ETag ?? "",
    };
    const body = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
    return { status: 200, headers, body };
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return { status: error.$metadata.httpStatusCode ?? 502, headers: {}, body: new Uint8Array() };
  }
}

function deliver({ status, headers, body }: Delivery, response: ServerResponse): void {
  const given = Object.entries(headers).filter(([, value]) => value !== "");
  response.writeHead(status, Object.fromEntries(given)).end(body);
}
