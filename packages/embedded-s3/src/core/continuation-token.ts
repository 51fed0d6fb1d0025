import { invalidArgument } from "./arguments.ts";

// A token for the next page of a listing. It contains the last name of the page before, but is opaque to clients.

const tokenPrefix = "1.";

export function toContinuationToken(after: string): string {
  return `${tokenPrefix}${Buffer.from(after).toString("base64url")}`;
}

/**
 * The name that the next page starts after.
 * @throws {StoreError} InvalidArgument unless this store made the token
 */
export function parseContinuationToken(token: string): string {
  const after = Buffer.from(token.slice(tokenPrefix.length), "base64url").toString("utf8");
  if (after === "" || toContinuationToken(after) !== token) {
    throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
  }
  return after;
}
