import { badUserInput, ValetKeyError } from "../core/errors.ts";

/** A URL cannot live longer than the session that signs it. */
export function sessionTooShort(maxSeconds: number): ValetKeyError {
  return badUserInput(
    "expiresIn",
    `At most ${maxSeconds} seconds are possible here, because the credentials expire then.`,
  );
}

/** `cause` contains ARNs and account numbers, so only the log has it. */
export function sessionUnavailable(cause: unknown, retryable: boolean): ValetKeyError {
  const message = retryable
    ? "Credentials are not available at the moment. Try again later."
    : "Credentials were refused. The operator has to check the role and its trust policy.";
  return new ValetKeyError("CREDENTIALS_UNAVAILABLE", message, { cause, retryable });
}
