import { hash } from "node:crypto";

/** A key of HMAC-SHA256, padded to the hash's block size and combined with the inner and the outer pad. */
export interface HmacKey {
  readonly innerPad: Uint8Array;
  readonly outerPad: Uint8Array;
}

const blockBytes = 64;

/**
 * https://www.rfc-editor.org/rfc/rfc2104#section-2, with the padded keys computed once. Node's Hmac creates a native
 * object for each message, which costs more than the two hashes that it computes.
 * @param key at most 64 bytes
 */
export function hmacKey(key: Uint8Array): HmacKey {
  if (key.length > blockBytes) throw new RangeError(`An HMAC key has at most ${blockBytes} bytes here.`);
  // Not from Node's pool of buffers: a key is kept for long, and would keep a whole pool of 8 KiB with it.
  const pad = (byte: number) => Buffer.alloc(blockBytes).map((_, at) => (key[at] ?? 0) ^ byte);
  return { innerPad: pad(0x36), outerPad: pad(0x5c) };
}

/** @param message ASCII */
export function hmacHex({ innerPad, outerPad }: HmacKey, message: string): string {
  const inner = Buffer.allocUnsafe(blockBytes + message.length);
  inner.set(innerPad);
  inner.write(message, blockBytes, "latin1");
  const outer = Buffer.allocUnsafe(blockBytes + 32);
  outer.set(outerPad);
  // The digest is returned as text, because creating a buffer outside the heap would take as long as the hash.
  outer.write(hash("sha256", inner, "binary"), blockBytes, "latin1");
  return hash("sha256", outer, "hex");
}
