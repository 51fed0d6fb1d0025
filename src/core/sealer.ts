import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

const ivBytes = 16;

interface Keys {
  readonly mac: Buffer;
  readonly encryption: Buffer;
}

/**
 * Deterministic authenticated encryption: the same text always gives the same sealed bytes, and they cannot be read,
 * changed or created without the secret. The construction is SIV (RFC 5297, section 2) with HMAC-SHA256 as its
 * pseudorandom function and AES-256-CTR as its cipher. docs/decisions/0024-stable-upload-ids.md
 */
export class Sealer {
  readonly #keys: readonly Keys[];

  /**
   * @param secrets the first one seals and all of them open, so that a secret can be rotated
   * @param purpose separates these keys from other keys that are derived from the same secrets
   */
  constructor(secrets: readonly string[], purpose: string) {
    if (secrets.length === 0) throw new RangeError("A Sealer needs at least one secret.");
    this.#keys = secrets.map((secret) => {
      const bytes = Buffer.from(hkdfSync("sha256", secret, "", purpose, 64));
      return { mac: bytes.subarray(0, 32), encryption: bytes.subarray(32) };
    });
  }

  seal(text: string): Buffer {
    const [keys] = this.#keys;
    if (keys === undefined) throw new RangeError("A Sealer needs at least one secret.");
    const iv = syntheticIv(keys, text);
    const cipher = createCipheriv("aes-256-ctr", keys.encryption, iv);
    return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
  }

  /** @returns undefined for bytes that were not sealed with one of the secrets */
  open(sealed: Buffer): string | undefined {
    if (sealed.length < ivBytes) return undefined;
    const iv = sealed.subarray(0, ivBytes);
    for (const keys of this.#keys) {
      const decipher = createDecipheriv("aes-256-ctr", keys.encryption, iv);
      const bytes = Buffer.concat([decipher.update(sealed.subarray(ivBytes)), decipher.final()]);
      if (timingSafeEqual(syntheticIv(keys, bytes), iv)) return bytes.toString("utf8");
    }
    return undefined;
  }
}

function syntheticIv({ mac }: Keys, text: string | Buffer): Buffer {
  return createHmac("sha256", mac).update(text).digest().subarray(0, ivBytes);
}
