/** An error response of S3 or STS: `code` is the error code of AWS, `status` the HTTP status. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: string;
  readonly status: number;
  /** Additional elements of the XML body (S3 only) and additional headers, such as x-amz-bucket-region. */
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

/** The error for a header that asks for a feature which this store does not have. Ignoring it would mislead the client. */
export function notImplemented(header: string): StoreError {
  return new StoreError(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    { details: { Header: header } },
  );
}
