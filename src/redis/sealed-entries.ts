import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { EntryKind } from "../core/shared-memory.ts";

interface Keys {
  readonly names: Buffer;
  readonly values: Buffer;
}

const nonceBytes = 12;
const tagBytes = 16;

/** Every key of ours in Redis begins with this, so that an ACL can allow exactly these. */
export const keyPrefix = "valetkey:";

/**
 * The names and values of entries in Redis. A name is an HMAC, so it says nothing about what it stands for. A value is
 * sealed with AES-256-GCM, with its name as additional data: an entry that is copied to another name does not open there.
 * docs/decisions/0055-shared-sessions.md
 */
export class SealedEntries {
  readonly #keys: readonly Keys[];

  /** @param secrets the first one names and seals, and all of them open, so that a secret can be rotated */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new RangeError("SealedEntries needs at least one secret.");
    this.#keys = secrets.map((secret) => {
      const bytes = Buffer.from(hkdfSync("sha256", secret, "", "valetkey/shared-memory/1", 64));
      return { names: bytes.subarray(0, 32), values: bytes.subarray(32) };
    });
  }

  /** The name under which an entry is written, and then those that it has under older secrets. */
  names(kind: EntryKind, id: string): readonly [string, ...string[]] {
    const [first = "", ...others] = this.#keys.map(({ names }) => {
      const mac = createHmac("sha256", names).update(kind).update("\0").update(id).digest("base64url");
      return `${keyPrefix}${kind}:${mac}`;
    });
    return [first, ...others];
  }

  seal(name: string, value: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.#sealing.values, nonce);
    cipher.setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @returns undefined for bytes that were not sealed for this name with one of the secrets */
  open(name: string, sealed: Buffer): string | undefined {
    if (sealed.length < nonceBytes + tagBytes) return undefined;
    for (const { values } of this.#keys) {
      const decipher = createDecipheriv("aes-256-gcm", values, sealed.subarray(0, nonceBytes));
      decipher.setAAD(Buffer.from(name));
      decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      const opened = decipher.update(sealed.subarray(nonceBytes + tagBytes));
      try {
        return Buffer.concat([opened, decipher.final()]).toString("utf8");
      } catch {
        // It was sealed with another secret, or for another name.
      }
    }
    return undefined;
  }

  get #sealing(): Keys {
    const [keys] = this.#keys;
    if (keys === undefined) throw new RangeError("SealedEntries needs at least one secret.");
    return keys;
  }
}
