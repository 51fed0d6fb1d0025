import type { Readable } from "node:stream";
import { StoreError } from "./core/store-error.ts";
import { assertMayEncrypt } from "./encryption/encryption-headers.ts";
import type { StoreResponse } from "./http/response.ts";
import { bucketPoliciesOf } from "./requests/bucket-policy.ts";
import { effectiveHeaders, parseQueryMap } from "./requests/parameters.ts";
import { assertSignedForRegion } from "./requests/region.ts";
import type { S3Endpoint } from "./requests/s3-request.ts";
import { type S3Request, type StoreState } from "./requests/s3-request.ts";
import { type Target } from "./requests/target.ts";
import { assertSupportedHeaders } from "./requests/unsupported-headers.ts";
import { findRoute, noSuchRoute, type Route, routes } from "./routes.ts";
import type { AccessKeys } from "./signing/access-keys.ts";
import { verifySignature } from "./signing/verify-signature.ts";
import type { WireRequest } from "./signing/wire-request.ts";

/** The operation that a request asks for. `run` verifies the request first. */
export interface ChosenOperation {
  readonly operation: string;
  readonly run: () => Promise<StoreResponse>;
}

/**
 * Finds a request's operation, and prepares to verify its signature, bucket and region, in AWS's order. The operation
 * itself checks whether the caller is allowed.
 * @throws {StoreError} the error that AWS would respond with
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
    assertExpectedOwner(headers, endpoint.keys);
    assertSupportedHeaders(headers);
    return {
      ...target,
      identity: signature.identity,
      context: signature.context,
      headers,
      query,
      bucketPolicyOf: bucketPoliciesOf(endpoint.buckets),
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
    assertSignedForRegion(bucket, verified.signature.region, wire);
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
      run: async () => {
        verify();
        throw noSuchRoute(wire.method, query);
      },
    };
  }
  const run = async () => {
    const request = verify();
    assertMayEncrypt(route.operation, request.headers);
    return await route.handle(request, state);
  };
  return { operation: route.operation, run };
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
function assertExpectedOwner(headers: S3Request["headers"], keys: AccessKeys): void {
  for (const name of ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"]) {
    const expected = headers[name];
    if (expected !== undefined && expected !== keys.accountId) {
      throw new StoreError(403, "AccessDenied", "Access Denied");
    }
  }
}
