/** An error as a line of the log has it. */
interface LoggedError {
  /** The error's name: of S3's and STS's errors, their code. */
  readonly type: string;
  readonly message: string;
  readonly code?: string | undefined;
  /** Of S3's or STS's answer. */
  readonly httpStatus?: number | undefined;
  /** What AWS's support asks for. */
  readonly awsRequestId?: string | undefined;
  readonly stack?: string | undefined;
  readonly cause?: LoggedError | undefined;
}

/** Serializers for every logger: nothing gets into the log that opens anything, or tells of the account. */
export const logged = { err: (error: unknown) => describe(error, mostCauses) };

const mostCauses = 5;

/** By name: errors also carry requests, answers and packets, with tokens in them. */
function describe(error: unknown, causesLeft: number): LoggedError {
  if (typeof error !== "object" || error === null) {
    return { type: typeof error, message: redacted(String(error)) };
  }
  const { name, Code, message, Message, code, stack, $metadata, $response, cause } = error as Record<
    string,
    unknown
  > & {
    $metadata?: { httpStatusCode?: number; requestId?: string };
    $response?: { statusCode?: number };
  };
  return {
    type: redacted(String(name ?? Code)),
    message: redacted(String(message ?? Message)),
    code: typeof code === "string" ? redacted(code) : undefined,
    httpStatus: $metadata?.httpStatusCode ?? $response?.statusCode,
    awsRequestId: $metadata?.requestId,
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
  // Session tokens have no mark of their own but their length.
  [/[A-Za-z0-9+/]{100,}={0,2}/g, "[token]"],
];

function redacted(text: string): string {
  return secrets.reduce((cleaned, [secret, instead]) => cleaned.replace(secret, instead), text);
}
