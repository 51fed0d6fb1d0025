import { createDecipheriv, hkdfSync } from "node:crypto";

/** The first byte of ids from before ids became deterministic. They are still opened, but no longer created. */
export const legacyFormatVersion = 1;

const nonceBytes = 12;
const tagBytes = 16;

/** Opens ids of format 1: version byte, random nonce, AES-256-GCM ciphertext, tag. */
export class LegacyUploadIds {
  readonly #keys: readonly Buffer[];

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) =>
      Buffer.from(hkdfSync("sha256", secret, "", "valetkey upload id 1", 32)),
    );
  }

  /** @returns undefined for bytes that were not sealed with one of the secrets */
  open(bytes: Buffer): string | undefined {
    if (bytes.length <= 1 + nonceBytes + tagBytes) return undefined;
    for (const key of this.#keys) {
      const opened = openWith(key, bytes);
      if (opened !== undefined) return opened;
    }
    return undefined;
  }
}

function openWith(key: Buffer, bytes: Buffer): string | undefined {
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(bytes.subarray(0, 1)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    const opened = decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes));
    return Buffer.concat([opened, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
