import { describeSdkFailure } from "./sdk-failure.ts";

/** An error as it is written to the log. */
interface LoggedError {
  /** The error's name. For errors of S3 and STS it is their code. */
  readonly type: string;
  readonly message: string;
  readonly code?: string | undefined;
  /** The status of S3's or STS's response. */
  readonly httpStatus?: number | undefined;
  /** AWS support needs it. */
  readonly awsRequestId?: string | undefined;
  readonly stack?: string | undefined;
  readonly cause?: LoggedError | undefined;
}

/**
 * Serializers for every logger: the log contains no credentials, ARNs or account numbers. `refusal` is for
 * errors that are part of normal operation: it leaves out the stack.
 */
export const logged = {
  err: (error: unknown) => describe(error, maxCauses),
  refusal: (error: unknown) => withoutStack(describe(error, maxCauses)),
};

const maxCauses = 5;

function withoutStack({ stack: _, cause, ...error }: LoggedError): LoggedError {
  return cause === undefined ? error : { ...error, cause: withoutStack(cause) };
}

/** Copies only these properties, because errors also have requests and responses with tokens in them. */
function describe(error: unknown, causesLeft: number): LoggedError {
  if (typeof error !== "object" || error === null) {
    return { type: typeof error, message: redacted(String(error)) };
  }
  const { name, message, connectionCode, httpStatus, requestId } = describeSdkFailure(error);
  const { stack, cause } = error as { readonly stack?: unknown; readonly cause?: unknown };
  return {
    type: redacted(name),
    message: redacted(message),
    code: connectionCode === undefined ? undefined : redacted(connectionCode),
    httpStatus,
    awsRequestId: requestId,
    stack: typeof stack === "string" ? redacted(stack) : undefined,
    cause: cause === undefined || causesLeft === 0 ? undefined : describe(cause, causesLeft - 1),
  };
}

const secrets: readonly (readonly [RegExp, string])[] = [
  [/\barn:aws[\w-]*:[^\s"'<>,;)\]}]*/g, "[ARN]"],
  [/\b\d{12}\b/g, "[account]"],
  [/\b((?:X-Amz-[\w-]+|Signature)=)[^&,\s"'<>]+/gi, "$1[redacted]"],
  [/((?:Session|Security)-?Token["']?[\s:=>]+["']?)[^\s"'<>&,]+/gi, "$1[redacted]"],
  [/\b(Bearer\s+)[\w.~+/=-]+/gi, "$1[redacted]"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "[token]"],
  // Session tokens can only be recognised by their length.
  [/[A-Za-z0-9+/]{100,}={0,2}/g, "[token]"],
];

function redacted(text: string): string {
  return secrets.reduce((cleaned, [secret, instead]) => cleaned.replace(secret, instead), text);
}
