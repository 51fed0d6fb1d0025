import type { Logger } from "pino";
import type { Counter, Gauge } from "prom-client";
import { createRedisClient, type RedisClient } from "./redis-client.ts";
import type { RedisAddress } from "./redis-url.ts";
import { keyPrefix } from "./sealed-entries.ts";

export interface RedisConnectionOptions {
  readonly address: RedisAddress;
  readonly metrics: RedisMetrics;
  readonly log: Pick<Logger, "info" | "warn">;
}

export interface RedisMetrics {
  /** Commands by outcome: ok, error, timeout, skipped. */
  readonly commands: Pick<Counter<"outcome">, "inc">;
  readonly up: Pick<Gauge, "set">;
}

/** Generous for a server that works, and short for a request that waits. */
const commandTimeoutMs = 500;
/** After so many failures in a row, no command is sent until the server works again. */
const failuresToStop = 3;
/** More commands than this are skipped while they would wait for the ones before them. */
const maxInFlight = 1_000;
const minProbePauseMs = 250;
const maxProbePauseMs = 5_000;
/** While Redis works, a replica without requests finds out by this that it does not work any more. */
const heartbeatMs = 5_000;

class RedisTimeout extends Error {
  override readonly name = "RedisTimeout";
}

/**
 * A connection to Redis that costs nothing while Redis does not work. Commands have a short timeout. After some failures
 * in a row, further ones are skipped at once, and a probe in the background finds out when Redis works again.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #client: RedisClient;
  #isUp = false;
  #isClosed = false;
  #failuresInARow = 0;
  #inFlight = 0;
  #probePauseMs = minProbePauseMs;
  #nextProbe: NodeJS.Timeout | undefined;
  #isProbing = false;
  /** What was last written to the log. */
  #reported: "up" | "down" | undefined;
  #lastError: Error | undefined;

  /** Connects in the background. */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    let connection: RedisConnection | undefined;
    const client = await createRedisClient(options.address, {
      onReady: () => connection?.probeNow(),
      onClose: () => connection?.noteClosed(),
      onError: (error) => connection?.noteError(error),
    });
    connection = new RedisConnection(options, client);
    return connection;
  }

  private constructor(options: RedisConnectionOptions, client: RedisClient) {
    this.#options = options;
    this.#client = client;
    options.metrics.up.set(0);
    this.#probeLater();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** @returns undefined if the command was skipped, failed or took too long */
  async run<Result>(command: (client: RedisClient) => Promise<Result>): Promise<Result | undefined> {
    const { metrics } = this.#options;
    if (!this.#isUp || this.#inFlight >= maxInFlight) {
      metrics.commands.inc({ outcome: "skipped" });
      return undefined;
    }
    try {
      const result = await this.#send(command);
      this.#failuresInARow = 0;
      metrics.commands.inc({ outcome: "ok" });
      return result;
    } catch (error) {
      metrics.commands.inc({ outcome: error instanceof RedisTimeout ? "timeout" : "error" });
      this.#failuresInARow += 1;
      if (this.#failuresInARow >= failuresToStop) this.#setDown(error as Error);
      return undefined;
    }
  }

  /** Checks whether Redis works now, if that is not known. */
  probeNow(): void {
    this.#probePauseMs = minProbePauseMs;
    if (!this.#isUp && !this.#isClosed) void this.#probe();
  }

  /** The connection has failed. ioredis connects again by itself. */
  noteError(error: Error): void {
    this.#lastError = error;
  }

  /** The connection has ended, which nobody asked for. */
  noteClosed(): void {
    this.#setDown(this.#lastError ?? new Error("Redis has closed the connection."));
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    clearTimeout(this.#nextProbe);
    this.#client.close();
  }

  async #send<Result>(command: (client: RedisClient) => Promise<Result>): Promise<Result> {
    this.#inFlight += 1;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      const expire = () => reject(new RedisTimeout(`Redis did not respond within ${commandTimeoutMs} ms.`));
      // If this process was busy for so long, a response that has arrived is read before the timeout counts.
      timer = setTimeout(() => setImmediate(expire), commandTimeoutMs);
    });
    const running = command(this.#client);
    // Its outcome does not matter after the timeout.
    running.catch(() => {});
    try {
      return await Promise.race([running, timeout]);
    } finally {
      clearTimeout(timer);
      this.#inFlight -= 1;
    }
  }

  /** Writes, because a server that is full, or that is a replica, responds to everything else. */
  async #probe(): Promise<void> {
    if (this.#isProbing) return;
    clearTimeout(this.#nextProbe);
    this.#isProbing = true;
    try {
      await this.#send((client) => client.set(`${keyPrefix}probe`, "1", 10_000));
      if (!this.#isClosed) this.#setUp();
    } catch (error) {
      // What was sent before is still waiting for its response, and would be answered late.
      if (error instanceof RedisTimeout && !this.#isClosed) this.#client.reconnect();
      const reason = this.#lastError ?? (error as Error);
      if (this.#isUp) this.#setDown(reason);
      else {
        this.#reportDown(reason);
        this.#probeLater();
      }
    } finally {
      this.#isProbing = false;
    }
  }

  #probeLater(): void {
    if (this.#isClosed) return;
    this.#probeIn(this.#probePauseMs);
    this.#probePauseMs = Math.min(this.#probePauseMs * 2, maxProbePauseMs);
  }

  #probeIn(pauseMs: number): void {
    clearTimeout(this.#nextProbe);
    // Replicas that lost Redis at the same moment do not all try again at the same moment.
    this.#nextProbe = setTimeout(() => void this.#probe(), pauseMs * (0.75 + Math.random() / 2));
    this.#nextProbe.unref();
  }

  #setUp(): void {
    this.#isUp = true;
    this.#failuresInARow = 0;
    this.#lastError = undefined;
    this.#probePauseMs = minProbePauseMs;
    this.#options.metrics.up.set(1);
    this.#probeIn(heartbeatMs);
    if (this.#reported === "up") return;
    this.#reported = "up";
    this.#options.log.info("Redis is used for what replicas share");
  }

  #setDown(error: Error): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#lastError = undefined;
    this.#options.metrics.up.set(0);
    this.#reportDown(error);
    this.#probeLater();
  }

  #reportDown(error: Error): void {
    if (this.#reported === "down" || this.#isClosed) return;
    this.#reported = "down";
    this.#options.log.warn(
      { err: error },
      "Redis does not work: this replica shares nothing with the others until it does",
    );
  }
}
