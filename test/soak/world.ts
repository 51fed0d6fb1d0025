import { createValetKey, type ValetKey } from "@valetkey/client";
import { GraphQLClient } from "../support/graphql-client.ts";
import type { Issuer } from "../support/issuer.ts";
import { noise } from "../support/noise.ts";
import type { Random } from "../support/random.ts";
import type { Ledger } from "./ledger.ts";
import type { Outcomes } from "./outcomes.ts";

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/** What one action works with. */
export class World {
  readonly url: string;
  readonly bucket: string;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly outcomes: Outcomes;
  readonly #issuer: Issuer;
  readonly #tokens = new Map<string, { readonly token: Promise<string>; readonly usedUntilMs: number }>();
  #created = 0;
  readonly #name: string;

  constructor(
    name: string,
    random: Random,
    shared: { url: string; bucket: string; ledger: Ledger; outcomes: Outcomes; issuer: Issuer },
  ) {
    this.#name = name;
    this.random = random;
    this.url = shared.url;
    this.bucket = shared.bucket;
    this.ledger = shared.ledger;
    this.outcomes = shared.outcomes;
    this.#issuer = shared.issuer;
  }

  /** Each caller has about 20 actions, then another one follows. */
  caller = "first";

  changeCaller(): void {
    if (this.caller === "first" || this.random.chance(0.05)) {
      this.caller = `${this.#name}-${this.random.below(1_000_000)}`;
    }
  }

  /** The same for two minutes, as callers keep their tokens. */
  token(caller = this.caller): Promise<string> {
    const known = this.#tokens.get(caller);
    if (known !== undefined && Date.now() < known.usedUntilMs) return known.token;
    const token = this.#issuer.token({ sub: caller });
    this.#tokens.set(caller, { token, usedUntilMs: Date.now() + 120_000 });
    return token;
  }

  async client(caller = this.caller): Promise<GraphQLClient> {
    return new GraphQLClient(this.url).as(await this.token(caller));
  }

  /**
   * The client package. In Node it sees no progress, so it waits for a store that never responds for a minute, and for
   * another second for each 32 KiB. That is longer than an action may take, so this `fetch` gives up earlier.
   */
  package(caller = this.caller): ValetKey {
    return createValetKey({
      url: `${this.url}/graphql`,
      token: () => this.token(caller),
      fetch: (url, init) => {
        const patience = AbortSignal.timeout(60_000);
        return fetch(url, {
          ...init,
          signal: init?.signal ? AbortSignal.any([init.signal, patience]) : patience,
        });
      },
    });
  }

  /** A key that was never used, below the prefix of the caller. */
  newKey(caller = this.caller): string {
    this.#created += 1;
    return `users/${caller}/${this.#name}-${this.#created}`;
  }

  /** Mostly small files, and some of up to `max` bytes. */
  newFile(max: number): Buffer {
    const likely = this.random.chance(0.8) ? 256 * KiB : this.random.chance(0.7) ? 6 * MiB : max;
    return noise(this.random.magnitude(1, Math.min(likely, max)), this.random.below(2 ** 31));
  }
}
