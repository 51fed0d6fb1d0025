import { invalidArgument } from "../core/arguments.ts";
import { parseContinuationToken, toContinuationToken } from "../core/continuation-token.ts";
import { notImplemented, StoreError } from "../core/store-error.ts";
import { noContent, type StoreResponse, xmlResponse } from "../http/response.ts";
import { malformedXml, parseXml } from "../http/xml.ts";
import { authorize, authorizeBucket, bucketArn } from "../requests/authorization.ts";
import { receiveText } from "../requests/request-body.ts";
import { type BucketRequest, type S3Request, type StoreState } from "../requests/s3-request.ts";
import { owner } from "../store/owner.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export async function listBuckets(request: S3Request, { buckets }: StoreState): Promise<StoreResponse> {
  authorize(request, "s3:ListAllMyBuckets", bucketArn("*"));
  const { query } = request;
  const prefix = query.get("prefix");
  const region = query.get("bucket-region");
  const token = query.get("continuation-token");
  const after = token === undefined ? "" : parseContinuationToken(token);
  const maxBuckets = parseMaxBuckets(query.get("max-buckets"));
  const listed = buckets
    .all()
    .filter(({ name }) => name > after && name.startsWith(prefix ?? ""))
    .filter((bucket) => region === undefined || bucket.region === region);
  const page = listed.slice(0, maxBuckets);
  const last = page.at(-1);
  return xmlResponse("ListAllMyBucketsResult", {
    Owner: owner,
    Buckets: {
      Bucket: page.map((bucket) => ({
        Name: bucket.name,
        CreationDate: bucket.configuration.createdAt,
        BucketRegion: bucket.region,
      })),
    },
    ContinuationToken: last && page.length < listed.length ? toContinuationToken(last.name) : undefined,
    Prefix: prefix,
  });
}

function parseMaxBuckets(text: string | undefined): number {
  const [minimum, maximum] = [1, 10_000];
  if (text === undefined) return maximum;
  if (/^\d{1,5}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum) return Number(text);
  throw invalidArgument(
    `Argument max-buckets must be an integer between ${minimum} and ${maximum}`,
    "max-buckets",
    text,
  );
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
export async function createBucket(
  request: S3Request & { readonly bucketName: string },
  { buckets, now }: StoreState,
): Promise<StoreResponse> {
  authorizeBucket(request, "s3:CreateBucket");
  const region = parseRegion(await receiveOptionalText(request), request.signature.region);
  await buckets.create({ name: request.bucketName, region, createdAt: now().toISOString() });
  return { status: 200, headers: { location: `/${request.bucketName}` } };
}

async function receiveOptionalText(request: S3Request): Promise<string> {
  const hasBody =
    request.headers["content-length"] !== undefined ||
    request.headers["transfer-encoding"] !== undefined ||
    request.headers["x-amz-decoded-content-length"] !== undefined;
  return hasBody ? await receiveText(request) : "";
}

function parseRegion(body: string, signedRegion: string): string {
  const configuration = body === "" ? undefined : parseXml(body, "CreateBucketConfiguration");
  const unknown = configuration?.childNames.find((name) => name !== "LocationConstraint");
  if (unknown !== undefined) throw notImplemented(unknown);
  const constraint = configuration?.childText("LocationConstraint");
  const asked = constraint === "EU" ? "eu-west-1" : constraint;
  if (asked !== undefined && !/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(asked)) {
    throw new StoreError(400, "InvalidLocationConstraint", "The specified location-constraint is not valid", {
      details: { LocationConstraint: asked },
    });
  }
  if (signedRegion === "us-east-1") return asked ?? signedRegion;
  if (asked !== signedRegion) {
    throw new StoreError(
      400,
      "IllegalLocationConstraintException",
      `The ${asked ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  return asked;
}

export async function headBucket(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:ListBucket");
  return { status: 200, headers: { "x-amz-bucket-region": request.bucket.region } };
}

export async function deleteBucket(request: BucketRequest, { buckets }: StoreState): Promise<StoreResponse> {
  authorizeBucket(request, "s3:DeleteBucket");
  await buckets.delete(request.bucket);
  return noContent;
}

export async function getBucketLocation(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:GetBucketLocation");
  const { region } = request.bucket;
  return xmlResponse("LocationConstraint", region === "us-east-1" ? "" : region);
}

export async function getBucketVersioning(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:GetBucketVersioning");
  return xmlResponse("VersioningConfiguration", { Status: request.bucket.configuration.versioning });
}

export async function putBucketVersioning(request: BucketRequest): Promise<StoreResponse> {
  authorizeBucket(request, "s3:PutBucketVersioning");
  const configuration = parseXml(await receiveText(request), "VersioningConfiguration");
  if (configuration.childText("MfaDelete") === "Enabled") throw notImplemented("MfaDelete");
  const status = configuration.childText("Status");
  if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
  await request.bucket.configure({ versioning: status });
  return { status: 200 };
}
