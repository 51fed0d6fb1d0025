import type { Logger } from "pino";

export interface JwksFetchOptions {
  readonly fetch?: typeof fetch | undefined;
  /** After a failure, further fetches fail at once for so long. */
  readonly failureCooldownMs?: number | undefined;
  /** Milliseconds that only grow. */
  readonly monotonicNow?: (() => number) | undefined;
  readonly log?: Pick<Logger, "warn"> | undefined;
}

const maxJwksBytes = 256 * 1024;

/** Fetches a JSON Web Key Set, and knows how old the last one is and whether the issuer fails. */
export class JwksFetch {
  readonly #fetch: typeof fetch;
  readonly #failureCooldownMs: number;
  readonly #now: () => number;
  readonly #log: Pick<Logger, "warn"> | undefined;
  #succeededAt: number | undefined;
  #failedAt: number | undefined;

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

  /** The last fetch failed a moment ago. */
  get coolingDown(): boolean {
    return this.#failedAt !== undefined && this.#now() - this.#failedAt < this.#failureCooldownMs;
  }

  /** Has the shape of `fetch`. Only an answer that is a key set counts as one. */
  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    if (this.coolingDown) throw new Error("The issuer's keys could not be fetched a moment ago.");
    try {
      const response = await this.#fetch(url, init);
      const text = await readBounded(response);
      if (response.status !== 200 || !isKeySet(JSON.parse(text))) {
        throw new Error(`The issuer answered ${response.status} and no JSON Web Key Set.`);
      }
      this.#succeededAt = this.#now();
      this.#failedAt = undefined;
      return new Response(text);
    } catch (error) {
      this.#failedAt = this.#now();
      this.#log?.warn({ err: error }, "could not fetch the token issuer's keys");
      throw error;
    }
  };
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

function isKeySet(value: unknown): boolean {
  const keys = (value as { keys?: unknown } | null)?.keys;
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}
