import type { JWK } from "jose";
import type { Logger } from "pino";
import { type UsableKeys, usableKeysOf } from "./usable-keys.ts";

export interface JwksFetchOptions {
  readonly fetch?: typeof fetch | undefined;
  /** After a failure, further fetches fail at once for this long. Default: 5 seconds. */
  readonly failureCooldownMs?: number | undefined;
  /** A monotonic clock, in milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
  readonly log?: Pick<Logger, "warn"> | undefined;
}

const maxJwksBytes = 256 * 1024;

/** Fetches a JSON Web Key Set, and records how old the last one is and whether the issuer is failing. */
export class JwksFetch {
  readonly #fetch: typeof fetch;
  readonly #failureCooldownMs: number;
  readonly #now: () => number;
  readonly #log: Pick<Logger, "warn"> | undefined;
  #succeededAt: number | undefined;
  #failedAt: number | undefined;
  #loggedUnusable = "[]";

  constructor(options: JwksFetchOptions = {}) {
    this.#fetch = options.fetch ?? fetch;
    this.#failureCooldownMs = options.failureCooldownMs ?? 5_000;
    this.#now = options.monotonicNow ?? (() => performance.now());
    this.#log = options.log;
  }

  /** Infinity before the first key set. */
  get ageMs(): number {
    return this.#succeededAt === undefined ? Infinity : this.#now() - this.#succeededAt;
  }

  /** The last fetch failed. */
  get failing(): boolean {
    return this.#failedAt !== undefined;
  }

  /** The last fetch failed less than the cooldown ago. */
  get coolingDown(): boolean {
    return this.#failedAt !== undefined && this.#now() - this.#failedAt < this.#failureCooldownMs;
  }

  /** A `fetch` for jose. Only a key set counts as a success, and keys that cannot verify tokens are removed from it. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (this.coolingDown) throw new Error("The issuer's keys could not be fetched a moment ago.");
    try {
      const response = await this.#fetch(url, init);
      const keySet: unknown = JSON.parse(await readBounded(response));
      if (response.status !== 200 || !isKeySet(keySet)) {
        throw new Error(`The issuer's response has status ${response.status} and is not a JSON Web Key Set.`);
      }
      const { usable, unusable } = await usableKeysOf(keySet.keys);
      this.#logUnusable(unusable);
      this.#succeededAt = this.#now();
      this.#failedAt = undefined;
      return Response.json({ keys: usable });
    } catch (error) {
      this.#failedAt = this.#now();
      this.#log?.warn({ err: error }, "could not fetch the token issuer's keys");
      throw error;
    }
  };

  /** Keys are fetched repeatedly, so the same finding is logged only once. */
  #logUnusable(unusable: UsableKeys["unusable"]): void {
    const found = JSON.stringify(unusable);
    if (found === this.#loggedUnusable) return;
    this.#loggedUnusable = found;
    this.#log?.warn({ unusable }, "the token issuer publishes keys that cannot verify tokens");
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxJwksBytes) throw new Error(`The issuer's key set has more than ${maxJwksBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function isKeySet(value: unknown): value is { readonly keys: readonly JWK[] } {
  const keys = (value as { keys?: unknown } | null)?.keys;
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}
