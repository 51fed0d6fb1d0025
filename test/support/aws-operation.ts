/** One request to a store, as S3's and STS's references name it. */
export interface AwsCall {
  /** "AssumeRole", "HeadObject", … */
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

/** Operations on an object by method, then by the query's parameter that tells them apart. */
const objectOperations: Record<string, Record<string, string>> = {
  GET: {
    uploadId: "ListParts",
    tagging: "GetObjectTagging",
    attributes: "GetObjectAttributes",
    "": "GetObject",
  },
  HEAD: { "": "HeadObject" },
  PUT: { uploadId: "UploadPart", tagging: "PutObjectTagging", "": "PutObject" },
  POST: { uploads: "CreateMultipartUpload", uploadId: "CompleteMultipartUpload" },
  DELETE: { uploadId: "AbortMultipartUpload", tagging: "DeleteObjectTagging", "": "DeleteObject" },
};

const bucketOperations: Record<string, Record<string, string>> = {
  GET: { uploads: "ListMultipartUploads", versions: "ListObjectVersions", "": "ListObjects" },
  HEAD: { "": "HeadBucket" },
  PUT: { "": "CreateBucket" },
  POST: { delete: "DeleteObjects", "": "PostObject" },
  DELETE: { "": "DeleteBucket" },
};

/**
 * Names a request with the bucket in its path.
 * @param target path and query, as sent
 * @param form the body of a request to STS
 */
export function classifyAwsRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, unknown>>,
  form: URLSearchParams,
): AwsCall {
  const [path = "", query = ""] = target.split("?", 2);
  const [bucket = "", ...rest] = path.slice(1).split("/");
  if (bucket === "") {
    const operation = form.get("Action") ?? (method === "GET" ? "ListBuckets" : "Unknown");
    return { operation, bucket: undefined, key: undefined };
  }
  const key = rest.join("/");
  const operations = (key === "" ? bucketOperations : objectOperations)[method] ?? {};
  const parameters = new URLSearchParams(query);
  const telling = Object.keys(operations).find((name) => name !== "" && parameters.has(name)) ?? "";
  const operation = operations[telling] ?? "Unknown";
  return {
    operation: "x-amz-copy-source" in headers ? (copies[operation] ?? operation) : operation,
    bucket: decodeURIComponent(bucket),
    key: key === "" ? undefined : decodeURIComponent(key),
  };
}

const copies: Record<string, string> = { PutObject: "CopyObject", UploadPart: "UploadPartCopy" };
