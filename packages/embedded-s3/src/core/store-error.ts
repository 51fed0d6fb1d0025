/** A refusal in S3's and STS's own words: `code` is AWS's error code, `status` its HTTP status. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: string;
  readonly status: number;
  /** More elements for the XML body (S3) and more headers, such as x-amz-bucket-region. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { details?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = extra.details ?? {};
    this.headers = extra.headers ?? {};
  }
}

/** For a header that asks for what this store does not do: to ignore it would be to pretend. */
export function notImplemented(header: string): StoreError {
  return new StoreError(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    { details: { Header: header } },
  );
}
