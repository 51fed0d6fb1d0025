import { ValetKeyError } from "../core/errors.ts";
import type { BucketAddress } from "../core/object-address.ts";
import { quoted } from "../core/quoted.ts";

/** A call may run inside another one. Only the inner one knows which object is missing. */
const named = new WeakSet<Error>();

/** Adds the bucket and the key, as the client gave them, to the message of an error that says that one is missing. */
export function nameMissing(error: unknown, address: BucketAddress & { readonly key?: string }): unknown {
  if (!(error instanceof ValetKeyError) || named.has(error)) return error;
  // A subclass has more properties and is handled elsewhere.
  if (Object.getPrototypeOf(error) !== ValetKeyError.prototype) return error;
  const message = messageFor(error.code, quoted(address.bucket), address.key);
  if (message === undefined) return error;
  const { code, field, retryable, cause, reason } = error;
  const copy = new ValetKeyError(code, message, { field, retryable, cause, reason });
  if (error.stack !== undefined) copy.stack = error.stack;
  named.add(copy);
  return copy;
}

function messageFor(code: string, bucket: string, key: string | undefined): string | undefined {
  if (code === "BUCKET_NOT_FOUND") return `There is no bucket ${bucket}.`;
  if (code !== "OBJECT_NOT_FOUND" || key === undefined) return undefined;
  return `There is no object ${quoted(key)} in the bucket ${bucket}.`;
}
