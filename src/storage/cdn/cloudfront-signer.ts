import { type KeyObject, sign } from "node:crypto";
import { availableParallelism } from "node:os";
import { LRUCache } from "lru-cache";
import type { CdnSettings } from "../../core/bucket-settings.ts";
import { ConcurrencyLimit } from "../../core/concurrency-limit.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { PresignedUrl } from "../signing/presigned-requests.ts";
import { assertExpiry } from "../signing/signature-lifetime.ts";
import { cannedPolicy, cloudFrontUrl } from "./cloudfront-url.ts";

export interface CloudFrontRequest {
  /** See `cloudFrontResource`. */
  readonly resource: string;
  readonly cdn: Pick<CdnSettings, "keyPairId" | "privateKey">;
  readonly signedAt: Date;
  /** An integer from 1 to 604,800. */
  readonly expiresInSeconds: number;
  /** Whether the same request must get the same URL again. */
  readonly isStable?: boolean | undefined;
}

/** Signs the policy with SHA-256. */
export type SignPolicy = (policy: string, key: KeyObject) => Promise<Uint8Array>;

export interface CloudFrontSignerOptions {
  readonly metrics?: Metrics | undefined;
  /** Default: in libuv's thread pool. */
  readonly sign?: SignPolicy | undefined;
}

interface KnownSignature {
  readonly key: KeyObject;
  readonly signature: Promise<Uint8Array>;
}

/** libuv has four threads by default, which files and host names need too. One processor is left to JavaScript. */
const maxThreads = Math.max(1, Math.min(availableParallelism() - 1, 3));

/** The size of all cached policies. Each has a signature of up to 256 bytes besides. */
const maxCachedCharacters = 8 * 2 ** 20;
const charactersOfEntry = 512;

/**
 * Signs URLs of CloudFront. An RSA signature takes about half a millisecond, so signatures are made in other threads, of
 * which a few run at the same time and the others wait.
 */
export class CloudFrontSigner {
  readonly #sign: SignPolicy;
  readonly #metrics: Metrics | undefined;
  readonly #threads = new ConcurrencyLimit({ maxRunning: maxThreads });
  /** ECDSA signatures of the same policy differ, so a stable URL needs the one that was made first. */
  readonly #stable = new LRUCache<string, KnownSignature>({
    maxSize: maxCachedCharacters,
    sizeCalculation: (_, policy) => policy.length + charactersOfEntry,
  });

  constructor({ metrics, sign = signInThreadPool }: CloudFrontSignerOptions = {}) {
    this.#metrics = metrics;
    this.#sign = sign;
  }

  /**
   * @throws {RangeError} unless expiresInSeconds is an integer from 1 to 604,800
   * @throws {ValetKeyError} BAD_USER_INPUT (filename) for a URL that is longer than CloudFront allows
   */
  async sign(request: CloudFrontRequest): Promise<PresignedUrl> {
    const { resource, signedAt, expiresInSeconds, isStable } = request;
    const { keyPairId, privateKey } = request.cdn;
    assertExpiry(expiresInSeconds);
    const expiresAtSeconds = Math.floor(signedAt.getTime() / 1000) + expiresInSeconds;
    const policy = cannedPolicy(resource, expiresAtSeconds);
    const signature = await (isStable
      ? this.#stableSignature(policy, privateKey)
      : this.#newSignature(policy, privateKey));
    const url = cloudFrontUrl({ resource, expiresAtSeconds, keyPairId, signature });
    this.#metrics?.presignedUrls.increment("get");
    return { url, expiresAt: new Date(expiresAtSeconds * 1000) };
  }

  #newSignature(policy: string, key: KeyObject): Promise<Uint8Array> {
    return this.#threads.run(() => this.#sign(policy, key));
  }

  #stableSignature(policy: string, key: KeyObject): Promise<Uint8Array> {
    const known = this.#stable.get(policy);
    // After the access file was read again, the same key is another object.
    if (known !== undefined && (known.key === key || known.key.equals(key))) return known.signature;
    const signature = this.#newSignature(policy, key);
    this.#stable.set(policy, { key, signature });
    signature.catch(() => this.#stable.delete(policy));
    return signature;
  }
}

function signInThreadPool(policy: string, key: KeyObject): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign("sha256", Buffer.from(policy), key, (error, signature) => {
      if (error) reject(error);
      else resolve(signature);
    });
  });
}
