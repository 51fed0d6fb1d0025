import { ValetKeyError } from "@valetkey/client";

/** What each error code means, and what the user can do. docs/errors.md lists the codes. */
const sentences: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: "This needs a valid token. Sign in again.",
  FORBIDDEN: "You are not allowed to do this. Ask the server's operator for a grant.",
  BUCKET_NOT_FOUND: "This bucket does not exist. Choose another one.",
  OBJECT_NOT_FOUND: "This file does not exist any more. Reload the folder.",
  UPLOAD_NOT_FOUND: "This upload does not exist any more. Start it again.",
  UPLOAD_MISMATCH:
    "The stored file is not the one that was sent, or may not be stored. Start the upload again.",
  OBJECT_ARCHIVED: "This file is archived. The server's operator has to restore it before it can be opened.",
  OBJECT_EXISTS: "A file with this name exists already. Replace it, or choose another name.",
  UPLOAD_TOO_LARGE: "The file is larger than you may upload here.",
  CONTENT_TYPE_NOT_ALLOWED: "Files of this type may not be uploaded here.",
  UPLOAD_INCOMPLETE: "Some bytes did not arrive, and nothing was stored. Try again.",
  CHECKSUM_MISMATCH: "The bytes changed on their way, and nothing was stored. Try again.",
  CREDENTIALS_UNAVAILABLE:
    "The server has no access to the store at the moment. Try again later, or tell its operator.",
  STORAGE_UNAVAILABLE: "The store is busy or cannot be reached. Try again later.",
  RATE_LIMITED: "There were too many requests. Wait for a moment, and try again.",
  OVERLOADED: "The server is too busy. Wait for a moment, and try again.",
  TIMEOUT: "The server took too long. Try again.",
  INTERNAL_SERVER_ERROR: "The server made an error. Try again, or tell its operator.",
  NETWORK: "The server or the store cannot be reached. Check your connection, and try again.",
  ABORTED: "This was cancelled.",
  FILE_CHANGED: "The file changed while it was being sent. Choose it again.",
  STORE_REFUSED: "The store refused the file.",
};

/** Codes whose message has a detail that the user needs, such as the limit. */
const withDetail = new Set([
  "UPLOAD_TOO_LARGE",
  "CONTENT_TYPE_NOT_ALLOWED",
  "FORBIDDEN",
  "STORE_REFUSED",
  "CHECKSUM_MISMATCH",
  "INTERNAL_SERVER_ERROR",
]);

/** Says in plain words what went wrong and what to do. */
export function explain(thrown: unknown): string {
  if (!(thrown instanceof ValetKeyError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const sentence = sentences[thrown.code];
  if (sentence === undefined) return thrown.message;
  return withDetail.has(thrown.code) ? `${sentence} (${thrown.message})` : sentence;
}

export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof ValetKeyError && thrown.code === code;
}
