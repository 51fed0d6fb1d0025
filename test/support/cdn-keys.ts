import { generateKeyPair, type KeyObject } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/** A key pair of a CDN, as an operator has it. */
export interface CdnKeyPair {
  readonly keyPairId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly pem: string;
}

export type CdnKeyType = "rsa" | "ec";

let made = 0;

/** Creates a key pair of a kind that CloudFront accepts. */
export async function makeCdnKeyPair(type: CdnKeyType): Promise<CdnKeyPair> {
  const { privateKey, publicKey } =
    type === "rsa"
      ? await generate("rsa", { modulusLength: 2048 })
      : await generate("ec", { namedCurve: "prime256v1" });
  made += 1;
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { keyPairId: `K${type.toUpperCase()}${made}TEST`, privateKey, publicKey, pem };
}

/** Writes the private key into a folder. Returns the path. */
export async function writeCdnKey(folder: string, { keyPairId, pem }: CdnKeyPair): Promise<string> {
  const path = join(folder, `${keyPairId}.pem`);
  await writeFile(path, pem, { mode: 0o600 });
  return path;
}
