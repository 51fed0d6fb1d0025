import type { RedisClient, RedisScript } from "../../src/redis/redis-client.ts";

interface Entry {
  readonly value: Buffer;
  readonly expiresAtMs: number;
}

/** The commands of Redis that shared sessions use, in memory and on a virtual clock. It counts them. */
export class VirtualRedis implements RedisClient {
  commands = 0;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Runs a command as RedisConnection does while Redis works. */
  run<Result>(command: (client: RedisClient) => Promise<Result>): Promise<Result> {
    return command(this);
  }

  async getrange(key: string, start: number, end: number): Promise<Buffer> {
    this.commands += 1;
    return this.#find(key)?.subarray(start, end + 1) ?? Buffer.alloc(0);
  }

  async set(key: string, value: string | Buffer, ttlMs: number): Promise<void> {
    this.commands += 1;
    this.#entries.set(key, { value: Buffer.from(value), expiresAtMs: this.#now() + ttlMs });
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    if (this.#find(key) === undefined) {
      await this.set(key, value, ttlMs);
      return true;
    }
    this.commands += 1;
    return false;
  }

  async script(script: RedisScript, key: string, [token, ttlMs]: readonly (string | number)[]) {
    this.commands += 1;
    const value = this.#find(key);
    if (value === undefined || value.toString() !== token) return 0;
    if (script === "release") this.#entries.delete(key);
    else if (script === "renew") this.#entries.set(key, { value, expiresAtMs: this.#now() + Number(ttlMs) });
    else throw new Error(`The simulation does not know the script ${script}.`);
    return 1;
  }

  async call(command: string): Promise<never> {
    throw new Error(`The simulation does not know the command ${command}.`);
  }

  reconnect(): void {}

  close(): void {}

  /** How many entries are alive, and the bytes of their keys and values. */
  size(): { readonly entries: number; readonly bytes: number } {
    let bytes = 0;
    for (const [key, { value, expiresAtMs }] of this.#entries) {
      if (expiresAtMs <= this.#now()) this.#entries.delete(key);
      else bytes += key.length + value.length;
    }
    return { entries: this.#entries.size, bytes };
  }

  #find(key: string): Buffer | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAtMs > this.#now() ? entry.value : undefined;
  }
}
