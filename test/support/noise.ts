import { createCipheriv, createHash } from "node:crypto";

/** Bytes that do not compress. The same seed gives the same bytes. */
export function noise(size: number, seed: string | number = "noise"): Buffer {
  const key = createHash("sha256").update(String(seed)).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
