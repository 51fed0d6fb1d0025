import type { Logger } from "pino";
import type { RoleConnections } from "../access/role-connections.ts";

const cacheMs = 10_000;
const maxResolveMs = 2_000;

/** Whether the server can do its work, as far as it is known without asking STS or S3. */
export class ReadinessProbe {
  draining = false;
  readonly #baseCredentials: () => Promise<unknown>;
  readonly #roles: Pick<RoleConnections, "health">;
  readonly #log: Pick<Logger, "info" | "warn">;
  #lastReason: string | undefined;
  #credentials: { readonly checkedAt: number; readonly resolve: Promise<boolean> } | undefined;

  constructor(
    baseCredentials: () => Promise<unknown>,
    roles: Pick<RoleConnections, "health">,
    log: Pick<Logger, "info" | "warn">,
  ) {
    this.#baseCredentials = baseCredentials;
    this.#roles = roles;
    this.#log = log;
  }

  /**
   * Logs the result if it differs from the last one.
   * @returns undefined when the server is ready
   */
  async reasonNotReady(): Promise<string | undefined> {
    if (this.draining) return "draining";
    const reason = await this.#reason();
    if (reason !== this.#lastReason) {
      this.#lastReason = reason;
      if (reason === undefined) this.#log.info("the server is ready again");
      else this.#log.warn({ reason }, "the server is not ready");
    }
    return reason;
  }

  async #reason(): Promise<string | undefined> {
    const health = this.#roles.health();
    if (!health.ok) return health.reason;
    return (await this.#haveBaseCredentials()) ? undefined : "no base credentials";
  }

  #haveBaseCredentials(): Promise<boolean> {
    const now = performance.now();
    if (this.#credentials === undefined || now - this.#credentials.checkedAt > cacheMs) {
      this.#credentials = { checkedAt: now, resolve: resolves(this.#baseCredentials, maxResolveMs) };
    }
    return this.#credentials.resolve;
  }
}

/** A provider that asks a metadata service may be slow. A probe must not wait for it. */
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
