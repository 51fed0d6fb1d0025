import type { JWK } from "jose";
import type { Logger } from "pino";
import { readJson } from "./bounded-json.ts";
import { OpenIdDiscovery } from "./openid-discovery.ts";
import { type UsableKeys, usableKeysOf } from "./usable-keys.ts";

export interface JwksFetchOptions {
  readonly fetch?: typeof fetch | undefined;
  /** After a failure, further fetches fail at once for this long. Each further failure doubles it. Default: 5 seconds. */
  readonly failureCooldownMs?: number | undefined;
  /** A monotonic clock, in milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
  readonly log?: Pick<Logger, "warn"> | undefined;
}

/** Where the keys of an issuer are. */
export interface KeyLocation {
  readonly issuer?: string | undefined;
  /** Default: found by OpenID Connect Discovery, which needs the issuer. */
  readonly jwksUrl?: URL | undefined;
}

const maxCooldownMs = 60_000;

/** Fetches a JSON Web Key Set, and records how old the last one is and whether the issuer is failing. */
export class JwksFetch {
  /** The URL of the keys, or of the document that says where they are. */
  readonly url: URL;
  readonly #discovery: OpenIdDiscovery | undefined;
  readonly #issuer: string | undefined;
  readonly #fetch: typeof fetch;
  readonly #failureCooldownMs: number;
  readonly #now: () => number;
  readonly #log: Pick<Logger, "warn"> | undefined;
  #succeededAt: number | undefined;
  #failedAt: number | undefined;
  #failuresInARow = 0;
  #loggedUnusable = "[]";

  /** @throws {TypeError} with neither a URL nor an issuer */
  constructor({ issuer, jwksUrl }: KeyLocation, options: JwksFetchOptions = {}) {
    this.#issuer = issuer;
    this.#fetch = options.fetch ?? fetch;
    this.#failureCooldownMs = options.failureCooldownMs ?? 5_000;
    this.#now = options.monotonicNow ?? (() => performance.now());
    this.#log = options.log;
    if (jwksUrl !== undefined) this.url = jwksUrl;
    else if (issuer !== undefined) {
      this.#discovery = new OpenIdDiscovery({ issuer, fetch: this.#fetch, monotonicNow: this.#now });
      this.url = this.#discovery.url;
    } else throw new TypeError("Keys need a URL, or an issuer to discover it.");
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
    if (this.#failedAt === undefined) return false;
    const cooldownMs = Math.min(this.#failureCooldownMs * 2 ** (this.#failuresInARow - 1), maxCooldownMs);
    return this.#now() - this.#failedAt < cooldownMs;
  }

  /** A `fetch` for jose. Only a key set counts as a success, and keys that cannot verify tokens are removed from it. */
  readonly fetch = async (_url: string, init: RequestInit): Promise<Response> => {
    if (this.coolingDown) throw new Error("The issuer's keys could not be fetched a moment ago.");
    try {
      const jwksUrl = (await this.#discovery?.jwksUrl(init)) ?? this.url;
      const keySet = await readJson(await this.#fetch(jwksUrl, init), "key set");
      if (!isKeySet(keySet)) throw new Error("The issuer's response is not a JSON Web Key Set.");
      const { usable, unusable } = await usableKeysOf(keySet.keys);
      this.#logUnusable(unusable);
      this.#succeededAt = this.#now();
      this.#failedAt = undefined;
      this.#failuresInARow = 0;
      return Response.json({ keys: usable });
    } catch (error) {
      this.#failedAt = this.#now();
      this.#failuresInARow += 1;
      this.#discovery?.suspect();
      this.#log?.warn({ err: error, issuer: this.#issuer }, "could not fetch the token issuer's keys");
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

function isKeySet(value: unknown): value is { readonly keys: readonly JWK[] } {
  const keys = (value as { keys?: unknown } | null)?.keys;
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}
