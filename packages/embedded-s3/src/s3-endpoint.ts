import type { Readable } from "node:stream";
import { StoreError } from "./core/store-error.ts";
import type { Answer } from "./http/response.ts";
import { effectiveHeaders, parseQueryMap } from "./requests/parameters.ts";
import { refuseOtherRegion } from "./requests/region.ts";
import type { S3Endpoint } from "./requests/s3-request.ts";
import { type S3Request, type StoreState } from "./requests/s3-request.ts";
import { type Target } from "./requests/target.ts";
import { refuseUnsupportedHeaders } from "./requests/unsupported-headers.ts";
import { findRoute, noRoute, type Route, routes } from "./routes.ts";
import type { AccessKeys } from "./signing/access-keys.ts";
import { verifySignature } from "./signing/signature.ts";
import type { WireRequest } from "./signing/wire-request.ts";

/** An operation that is about to be done. */
export interface ChosenOperation {
  readonly operation: string;
  readonly answer: () => Promise<Answer>;
}

/**
 * Everything between a request to S3 and its operation, in AWS's order: which operation, whose
 * signature, which bucket, in which region. May the caller do it is for the operation to ask.
 * @throws {StoreError} what AWS answers
 */
export function chooseOperation(
  endpoint: S3Endpoint,
  incoming: { readonly wire: WireRequest; readonly target: Target; readonly openBody: () => Readable },
): ChosenOperation {
  const { wire, target, openBody } = incoming;
  const { bucketName, key } = target;
  const query = parseQueryMap(wire.query);
  const addressed = { method: wire.method, query, headers: wire.headers };

  const request = (): S3Request => {
    const signature = verifySignature(wire, endpoint.keys, endpoint.now(), "s3");
    const headers = effectiveHeaders(wire, query, signature.presigned);
    refuseOtherOwner(headers, endpoint.keys);
    refuseUnsupportedHeaders(headers);
    return {
      ...target,
      identity: signature.identity,
      context: signature.context,
      headers,
      query,
      wire,
      signature,
      openBody,
    };
  };

  if (bucketName === undefined) {
    return chosen(findRoute(routes.service, addressed), wire, query, request, endpoint);
  }
  const newBucket = key === undefined ? findRoute(routes.newBucket, addressed) : undefined;
  if (newBucket !== undefined) {
    return chosen(newBucket, wire, query, () => ({ ...request(), bucketName }), endpoint);
  }
  const bucketRequest = () => {
    const verified = request();
    const bucket = endpoint.buckets.get(bucketName);
    refuseOtherRegion(bucket, verified.signature.region, wire);
    return { ...verified, bucketName, bucket };
  };
  if (key === undefined) {
    return chosen(findRoute(routes.bucket, addressed), wire, query, bucketRequest, endpoint);
  }
  const objectRequest = () => ({ ...bucketRequest(), key });
  return chosen(findRoute(routes.object, addressed), wire, query, objectRequest, endpoint);
}

function chosen<Request extends S3Request>(
  route: Route<Request> | undefined,
  wire: WireRequest,
  query: ReadonlyMap<string, string>,
  verify: () => Request,
  state: StoreState,
): ChosenOperation {
  if (route === undefined) {
    return {
      operation: "Unknown",
      answer: async () => {
        verify();
        throw noRoute(wire.method, query);
      },
    };
  }
  return { operation: route.operation, answer: async () => await route.handle(verify(), state) };
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
function refuseOtherOwner(headers: S3Request["headers"], keys: AccessKeys): void {
  for (const name of ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"]) {
    const expected = headers[name];
    if (expected !== undefined && expected !== keys.accountId) {
      throw new StoreError(403, "AccessDenied", "Access Denied");
    }
  }
}
