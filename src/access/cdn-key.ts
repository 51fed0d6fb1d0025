import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

/** A key file that cannot sign for CloudFront. The message says what is wrong, and contains nothing of the key. */
export class CdnKeyError extends Error {
  override readonly name = "CdnKeyError";
}

/** Returns the private key in a file. Throws CdnKeyError. */
export type ReadCdnKey = (path: string) => KeyObject;

const maxFileBytes = 64 * 2 ** 10;
const takes = "takes a PEM file with an unencrypted private key, RSA of 2,048 bits or ECDSA on P-256";

/**
 * Reads the private key of a CloudFront key pair. It blocks, because it runs only when the access file is read.
 * @throws {CdnKeyError}
 */
export function readCdnKey(path: string): KeyObject {
  let pem: string;
  try {
    const stats = statSync(path);
    // A pipe or a device could be read forever.
    if (!stats.isFile()) throw new CdnKeyError(`is not a regular file: ${takes}`);
    if (stats.size > maxFileBytes) throw new CdnKeyError(`is a file of more than 64 KiB: ${takes}`);
    pem = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof CdnKeyError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CdnKeyError(`cannot be read (${reason}): ${takes}`, { cause });
  }
  return parseCdnKey(pem);
}

/** @throws {CdnKeyError} */
export function parseCdnKey(pem: string): KeyObject {
  // OpenSSL would ask for the passphrase on the terminal.
  if (/^(?:-----BEGIN ENCRYPTED |Proc-Type:.*ENCRYPTED)/m.test(pem)) {
    throw new CdnKeyError(`is encrypted with a passphrase: ${takes}`);
  }
  if (!/^-----BEGIN (?:\w+ )?PRIVATE KEY-----/m.test(pem)) {
    const what = /^-----BEGIN (?:\w+ )?PUBLIC KEY-----/m.test(pem)
      ? "has a public key"
      : "has no private key";
    throw new CdnKeyError(`${what}: ${takes}`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Without the cause, because errors of OpenSSL are not ours to vouch for.
    throw new CdnKeyError(`has a private key that cannot be parsed: ${takes}`);
  }
  const fault = faultOf(key);
  if (fault !== undefined) throw new CdnKeyError(`${fault}: ${takes}`);
  return key;
}

// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_PublicKeyConfig.html: RSA 2048 or ECDSA 256.
function faultOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  if (type === "rsa") {
    const bits = details?.modulusLength;
    return bits === 2048 ? undefined : `has an RSA key of ${bits} bits`;
  }
  if (type === "ec") {
    const curve = details?.namedCurve;
    return curve === "prime256v1" ? undefined : `has a key on the curve ${curve}`;
  }
  return `has a key of the type ${type}`;
}
