import type { Logger } from "pino";
import type { RoleSessions } from "../access/role-sessions.ts";

const rememberMs = 10_000;
const resolveMs = 2_000;

/** Whether the server can serve, by what it knows already: it asks neither STS nor S3. */
export class Readiness {
  draining = false;
  readonly #baseCredentials: () => Promise<unknown>;
  readonly #sessions: Pick<RoleSessions, "health">;
  readonly #log: Pick<Logger, "info" | "warn">;
  #lastReason: string | undefined;
  #credentials: { readonly checkedAt: number; readonly resolve: Promise<boolean> } | undefined;

  constructor(
    baseCredentials: () => Promise<unknown>,
    sessions: Pick<RoleSessions, "health">,
    log: Pick<Logger, "info" | "warn">,
  ) {
    this.#baseCredentials = baseCredentials;
    this.#sessions = sessions;
    this.#log = log;
  }

  /**
   * An answer that differs from the last one is logged.
   * @returns undefined when it can
   */
  async reasonNotReady(): Promise<string | undefined> {
    if (this.draining) return "draining";
    const reason = await this.#reason();
    if (reason !== this.#lastReason) {
      this.#lastReason = reason;
      if (reason === undefined) this.#log.info("can serve again");
      else this.#log.warn({ reason }, "cannot serve: /readyz says so");
    }
    return reason;
  }

  async #reason(): Promise<string | undefined> {
    const health = this.#sessions.health();
    if (!health.ok) return health.reason;
    return (await this.#haveBaseCredentials()) ? undefined : "no base credentials";
  }

  #haveBaseCredentials(): Promise<boolean> {
    const now = performance.now();
    if (this.#credentials === undefined || now - this.#credentials.checkedAt > rememberMs) {
      this.#credentials = { checkedAt: now, resolve: resolves(this.#baseCredentials, resolveMs) };
    }
    return this.#credentials.resolve;
  }
}

/** Providers that ask a metadata service may take their time; a probe does not. */
async function resolves(provider: () => Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const found = provider().then(
    () => true,
    () => false,
  );
  return Promise.race([found, late]).finally(() => clearTimeout(timer));
}
