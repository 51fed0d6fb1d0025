import { createHmac } from "node:crypto";
import type { TemporaryCredentials } from "../../access/role-session.ts";
import { PurgedCache } from "../../core/purged-cache.ts";
import { uriEncode } from "../../core/uri-encode.ts";
import { type HmacKey, hmacKey } from "./hmac.ts";

/** The key and scope of all signatures by one set of credentials, on one day, in one region. */
export interface SigningKey {
  readonly key: HmacKey;
  /** `20130524/us-east-1/s3/aws4_request` */
  readonly scope: string;
  /** Access key id and scope: X-Amz-Credential. */
  readonly credential: string;
  readonly encodedCredential: string;
  readonly encodedSessionToken: string;
  /** The credentials that the key was derived from. */
  readonly credentials: TemporaryCredentials;
}

/** @param date `20130524` */
export function credentialScope(date: string, region: string): string {
  return `${date}/${region}/s3/aws4_request`;
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html#signing-request-intro
export function deriveSigningKey(secretAccessKey: string, date: string, region: string): HmacKey {
  const dateKey = hmac(`AWS4${secretAccessKey}`, date);
  const dateRegionKey = hmac(dateKey, region);
  const dateRegionServiceKey = hmac(dateRegionKey, "s3");
  return hmacKey(hmac(dateRegionServiceKey, "aws4_request"));
}

function hmac(key: string | Uint8Array, data: string): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}

export interface SigningKeysOptions {
  /** The number of cached keys, about 2 KB each. Default: 10,000. */
  readonly maxEntries?: number | undefined;
  /** In milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
}

/** Most sessions that were not used for this long have ended. Deriving a key again takes about 60 µs. */
const keptUnusedMs = 10 * 60_000;

/**
 * Caches signing keys by access key id, day and region. A signature contains these in plain text, so no secret is a key
 * of the cache. An entry is used only for the credentials that it was derived from. Keys that are no longer used are removed.
 */
export class SigningKeys {
  readonly #keys: PurgedCache<SigningKey>;

  constructor({ maxEntries = 10_000, monotonicNow = () => performance.now() }: SigningKeysOptions = {}) {
    this.#keys = new PurgedCache({
      max: maxEntries,
      ttl: keptUnusedMs,
      updateAgeOnGet: true,
      now: monotonicNow,
    });
  }

  /** For tests: the number of keys that are cached. */
  get size(): number {
    return this.#keys.size;
  }

  /** @param date `20130524` */
  get(credentials: TemporaryCredentials, date: string, region: string): SigningKey {
    const cacheKey = `${credentials.accessKeyId}/${date}/${region}`;
    const cached = this.#keys.get(cacheKey);
    if (cached !== undefined && sameCredentials(cached.credentials, credentials)) return cached;
    const derived = signingKeyOf(credentials, date, region);
    this.#keys.set(cacheKey, derived);
    return derived;
  }
}

function signingKeyOf(credentials: TemporaryCredentials, date: string, region: string): SigningKey {
  const scope = credentialScope(date, region);
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    key: deriveSigningKey(credentials.secretAccessKey, date, region),
    scope,
    credential,
    encodedCredential: uriEncode(credential),
    encodedSessionToken: uriEncode(credentials.sessionToken),
    credentials,
  };
}

/** Usually both are the same object. Both are secrets of the server, and no client can time this comparison. */
function sameCredentials(a: TemporaryCredentials, b: TemporaryCredentials): boolean {
  return a === b || (a.secretAccessKey === b.secretAccessKey && a.sessionToken === b.sessionToken);
}
