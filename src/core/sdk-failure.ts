/** The facts about a failed call to S3 or STS, collected from the places where the SDK stores them. */
export interface SdkFailure {
  /** The service's error code, or the SDK's or Node's name for the failure. Empty if there is none. */
  readonly name: string;
  /** The service's message. It must not reach clients. */
  readonly message: string;
  /** Undefined if no response arrived. */
  readonly httpStatus: number | undefined;
  /** The id that AWS support needs. */
  readonly requestId: string | undefined;
  /** The `code` of Node's errors, such as `ECONNREFUSED`, or of the server's own. */
  readonly connectionCode: string | undefined;
  /** How many requests were sent, retries included. */
  readonly attempts: number;
  readonly responseHeaders: Readonly<Record<string, unknown>>;
}

/**
 * Accepts anything that was thrown, and also errors that S3 returns as items of a response, with `Code` and `Message`.
 */
export function describeSdkFailure(error: unknown): SdkFailure {
  const fields = toRecord(error);
  const metadata = toRecord(fields.$metadata);
  const response = toRecord(fields.$response);
  return {
    name: toText(fields.Code) ?? toText(fields.name) ?? "",
    message: toText(fields.message) ?? toText(fields.Message) ?? (isObject(error) ? "" : String(error)),
    httpStatus: toNumber(metadata.httpStatusCode) ?? toNumber(response.statusCode),
    requestId: toText(metadata.requestId),
    connectionCode: toText(fields.code),
    attempts: toNumber(metadata.attempts) ?? 1,
    responseHeaders: toRecord(response.headers),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function toNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
