import { type AssumeRole, AssumeRoleError } from "../../src/access/assume-role.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface VirtualStsOptions {
  readonly time: VirtualTime;
  readonly sessionSeconds: number;
  /** A token bucket that holds the requests of one second. Default: no limit. */
  readonly requestsPerSecond?: number | undefined;
}

const latencyMs = 50;
/** As the AWS SDK does with `maxAttempts: 2`: after throttling, it waits for a random part of this time. */
const attempts = 2;
const maxPauseMs = 500;
/** AWS does not document the size of tokens. */
const tokenBytes = 1_000;

/** An STS on a virtual clock, which throttles. */
export class VirtualSts {
  requests = 0;
  throttled = 0;
  sessions = 0;
  readonly #options: VirtualStsOptions;
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs = 0;

  constructor(options: VirtualStsOptions) {
    this.#options = options;
    this.#perSecond = options.requestsPerSecond ?? Infinity;
    this.#tokens = this.#perSecond;
  }

  readonly assumeRole: AssumeRole = async ({ sessionName }) => {
    const { time, sessionSeconds } = this.#options;
    for (let attempt = 1; !this.#accept(); attempt++) {
      await time.sleep(latencyMs);
      if (attempt === attempts) throw new AssumeRoleError("throttled", "STS throttles the requests.");
      await time.sleep(Math.random() * maxPauseMs);
    }
    await time.sleep(latencyMs);
    this.sessions += 1;
    const accessKeyId = `ASIA${String(this.sessions).padStart(16, "0")}`;
    return {
      credentials: { accessKeyId, secretAccessKey: "s".repeat(40), sessionToken: "t".repeat(tokenBytes) },
      expiresAt: new Date(time.nowMs + sessionSeconds * 1_000),
      sessionName,
    };
  };

  #accept(): boolean {
    this.requests += 1;
    if (this.#perSecond === Infinity) return true;
    const nowMs = this.#options.time.nowMs;
    const refill = ((nowMs - this.#filledAtMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#tokens + refill, this.#perSecond);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) {
      this.throttled += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
