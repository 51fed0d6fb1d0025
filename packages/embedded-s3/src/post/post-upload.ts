import type { Readable } from "node:stream";
import { DigestVerifier, parseExpectedDigests } from "../checksums/expected-digests.ts";
import { invalidArgument } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import type { StoreResponse } from "../http/response.ts";
import { parseXml, renderXml } from "../http/xml.ts";
import { signingContext } from "../iam/condition-context.ts";
import { parsePreconditions } from "../objects/conditional-requests.ts";
import { parseAttributes } from "../objects/object-attributes.ts";
import { parseTaggingDocument } from "../objects/tag-set.ts";
import {
  authorizeEncryption,
  authorizeWrite,
  commitObject,
  writtenHeaders,
} from "../objects/write-object.ts";
import { bucketPoliciesOf } from "../requests/bucket-policy.ts";
import { assertSignedForRegion } from "../requests/region.ts";
import { maxPutBytes } from "../requests/request-body.ts";
import { type S3Endpoint } from "../requests/s3-request.ts";
import { parseKey, type Target } from "../requests/target.ts";
import { assertSupportedHeaders } from "../requests/unsupported-headers.ts";
import type { WireRequest } from "../signing/wire-request.ts";
import type { ObjectAttributes, StoredObject } from "../store/object-version.ts";
import { readUploadForm, type UploadForm } from "./post-form.ts";
import type { LengthRange } from "./post-policy.ts";
import { verifyPostForm } from "./verify-post-form.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html

type Fields = ReadonlyMap<string, string>;

export function isPostUpload(
  wire: WireRequest,
  target: Target,
): target is Target & { readonly bucketName: string } {
  const isForm = /^multipart\/form-data\s*(?:;|$)/i.test(wire.headers["content-type"] ?? "");
  return isForm && wire.method === "POST" && target.bucketName !== undefined && target.key === undefined;
}

/**
 * Handles an upload by HTML form: the fields describe the object, and the file comes last.
 * @throws {StoreError} the error that AWS would respond with
 */
export async function handlePostUpload(
  endpoint: S3Endpoint,
  wire: WireRequest,
  bucketName: string,
  body: Readable,
): Promise<StoreResponse> {
  const bucket = endpoint.buckets.get(bucketName);
  return await readUploadForm(wire, body, async (form) => {
    const fields = withFileName(form);
    const now = endpoint.now();
    const { identity, region, signedAt, contentLengthRange } = verifyPostForm(
      fields,
      endpoint.keys,
      now,
      bucketName,
    );
    assertSignedForRegion(bucket, region, wire);
    const key = parseKey(fields.get("key") ?? "");
    if (key === undefined) {
      throw invalidArgument("Bucket POST must contain a field named 'key'.", "key", "");
    }
    const headers = Object.fromEntries(fields);
    const attributes = parseFormAttributes(headers);
    const context = signingContext({ now, signedAt, region, authType: "POST", headers: wire.headers });
    const bucketPolicyOf = bucketPoliciesOf(endpoint.buckets);
    const request = { identity, context, headers, query: new Map(), bucketPolicyOf, bucket, key };
    authorizeWrite(request, attributes.tags);
    const encryption = authorizeEncryption(request);
    const verifier = new DigestVerifier(parseExpectedDigests(headers, undefined));
    const stored = await endpoint.blobs.write(measured(form.file, verifier, contentLengthRange));
    try {
      const received = { stored, ...verifier.finish() };
      const conditions = parsePreconditions(headers);
      const object = await commitObject(
        { bucket, key },
        { attributes, encryption, conditions, received, now },
      );
      const written = writtenHeaders({ bucket }, object);
      const location = `http://${wire.headers.host}/${bucketName}/${encodeURIComponent(key)}`;
      return formResponse(fields, { bucketName, key, object, location, headers: { ...written, location } });
    } catch (error) {
      await endpoint.blobs.remove([stored]);
      throw error;
    }
  });
}

/** Replaces `${filename}` by the name of the file, in every field. */
function withFileName({ fields, fileName }: UploadForm): Fields {
  return new Map([...fields].map(([name, value]) => [name, value.replaceAll("${filename}", () => fileName)]));
}

function parseFormAttributes(fields: Readonly<Record<string, string>>): ObjectAttributes {
  const { tagging, acl, ...rest } = fields;
  const headers = acl === undefined ? rest : { ...rest, "x-amz-acl": acl };
  assertSupportedHeaders(headers);
  const attributes = parseAttributes(headers);
  return tagging === undefined
    ? attributes
    : { ...attributes, tags: parseTaggingDocument(parseXml(tagging, "Tagging")) };
}

async function* measured(
  file: Readable,
  verifier: DigestVerifier,
  range: LengthRange | undefined,
): AsyncGenerator<Buffer> {
  const maximum = Math.min(range?.maximum ?? maxPutBytes, maxPutBytes);
  for await (const chunk of file) {
    verifier.update(chunk);
    if (verifier.bytes > maximum) {
      throw new StoreError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
        details: { ProposedSize: String(verifier.bytes), MaxSizeAllowed: String(maximum) },
      });
    }
    yield chunk;
  }
  if (range !== undefined && verifier.bytes < range.minimum) {
    throw new StoreError(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      {
        details: { ProposedSize: String(verifier.bytes), MinSizeAllowed: String(range.minimum) },
      },
    );
  }
}

interface Posted {
  readonly bucketName: string;
  readonly key: string;
  readonly object: StoredObject;
  readonly location: string;
  readonly headers: StoreResponse["headers"];
}

function formResponse(fields: Fields, { bucketName, key, object, location, headers }: Posted): StoreResponse {
  const redirect = redirectUrl(fields.get("success_action_redirect") ?? fields.get("redirect"));
  if (redirect !== undefined) {
    redirect.searchParams.set("bucket", bucketName);
    redirect.searchParams.set("key", key);
    redirect.searchParams.set("etag", `"${object.etag}"`);
    return { status: 303, headers: { ...headers, location: redirect.href } };
  }
  const status = fields.get("success_action_status");
  if (status === "201") {
    const body = renderXml(
      "PostResponse",
      { Location: location, Bucket: bucketName, Key: key, ETag: `"${object.etag}"` },
      "",
    );
    return { status: 201, headers: { ...headers, "content-type": "application/xml" }, body };
  }
  return { status: status === "200" ? 200 : 204, headers };
}

/** S3 ignores a redirect that is not a URL, and so does this store. */
function redirectUrl(text: string | undefined): URL | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}
