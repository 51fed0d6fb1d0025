import { isLoopbackHost } from "../core/loopback.ts";
import { quoted } from "../core/quoted.ts";
import { readJson } from "./bounded-json.ts";

export interface OpenIdDiscoveryOptions {
  /** The issuer as it is configured: see `isDiscoverable`. */
  readonly issuer: string;
  readonly fetch: typeof fetch;
  /** A monotonic clock, in milliseconds. */
  readonly monotonicNow: () => number;
}

/** An issuer seldom moves its keys. If it does, the fetch from the old place fails, and the new one is looked up. */
const maxAgeMs = 60 * 60_000;

/**
 * Finds the URL of an issuer's keys in its configuration document.
 * https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export class OpenIdDiscovery {
  /** The address of the document. */
  readonly url: URL;
  readonly #options: OpenIdDiscoveryOptions;
  #known: { readonly jwksUrl: URL; readonly foundAtMs: number } | undefined;
  #isSuspect = false;

  constructor(options: OpenIdDiscoveryOptions) {
    this.#options = options;
    this.url = new URL(`${options.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  }

  /** @param init has the timeout, and does not follow redirects */
  async jwksUrl(init: RequestInit): Promise<URL> {
    const { monotonicNow } = this.#options;
    const known = this.#known;
    if (known !== undefined && !this.#isSuspect && monotonicNow() - known.foundAtMs < maxAgeMs) {
      return known.jwksUrl;
    }
    try {
      const jwksUrl = await this.#discover(init);
      this.#known = { jwksUrl, foundAtMs: monotonicNow() };
      this.#isSuspect = false;
      return jwksUrl;
    } catch (error) {
      // The keys may still be where they were.
      if (known === undefined || this.#isSuspect) throw error;
      return known.jwksUrl;
    }
  }

  /** Call this when the keys could not be fetched: the URL is looked up again before the next fetch. */
  suspect(): void {
    this.#isSuspect = true;
  }

  async #discover(init: RequestInit): Promise<URL> {
    const { issuer, fetch } = this.#options;
    const document = (await readJson(await fetch(this.url, init), "discovery document")) as Readonly<
      Record<string, unknown>
    > | null;
    if (document?.issuer !== issuer) {
      const found = typeof document?.issuer === "string" ? quoted(document.issuer) : "no issuer";
      throw new Error(
        `The discovery document has ${found}, and the configured issuer is ${quoted(issuer)}: they must be exactly the same.`,
      );
    }
    const jwksUrl = String(document.jwks_uri);
    if (!URL.canParse(jwksUrl) || !mayHaveKeys(new URL(jwksUrl), this.url)) {
      throw new Error("The discovery document has no jwks_uri with https and without user and password.");
    }
    return new URL(jwksUrl);
  }
}

/** Whether the issuer has a configuration document that cannot be read or changed on its way. */
export function isDiscoverable(issuer: string): boolean {
  if (!URL.canParse(issuer) || /[?#\s]/.test(issuer)) return false;
  const url = new URL(issuer);
  return isSecure(url) || (url.protocol === "http:" && isLoopbackHost(url.hostname) && hasNoUser(url));
}

/** Only an issuer on this machine may name a URL of this machine, where other services may trust local requests. */
function mayHaveKeys(jwksUrl: URL, discoveryUrl: URL): boolean {
  if (isLoopbackHost(jwksUrl.hostname)) return isLoopbackHost(discoveryUrl.hostname) && hasNoUser(jwksUrl);
  return isSecure(jwksUrl);
}

function isSecure(url: URL): boolean {
  return url.protocol === "https:" && hasNoUser(url);
}

function hasNoUser({ username, password }: URL): boolean {
  return username === "" && password === "";
}
