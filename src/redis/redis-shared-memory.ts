import { randomUUID } from "node:crypto";
import type { EntryKind, Lease, SharedMemory, WindowCount } from "../core/shared-memory.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { SealedEntries } from "./sealed-entries.ts";

/** Longer values are not written, and not read either: nobody who can write to Redis can fill this process's memory. */
const maxValueBytes = 64 * 2 ** 10;

/** A memory that replicas share in Redis. Whoever can read Redis learns how many entries there are, and their sizes. */
export class RedisSharedMemory implements SharedMemory {
  readonly #connection: Pick<RedisConnection, "run">;
  readonly #entries: SealedEntries;

  constructor(connection: Pick<RedisConnection, "run">, entries: SealedEntries) {
    this.#connection = connection;
    this.#entries = entries;
  }

  async read(kind: EntryKind, id: string): Promise<string | undefined> {
    const values = await Promise.all(this.#entries.names(kind, id).map((name) => this.#readOne(name)));
    return values.find((value) => value !== undefined);
  }

  async write(kind: EntryKind, id: string, value: string, ttlMs: number): Promise<void> {
    const [name] = this.#entries.names(kind, id);
    const sealed = this.#entries.seal(name, value);
    if (sealed.length > maxValueBytes || ttlMs < 1) return;
    await this.#connection.run((client) => client.set(name, sealed, Math.floor(ttlMs)));
  }

  async tryLease(kind: EntryKind, id: string, ttlMs: number): Promise<Lease | "held" | "unavailable"> {
    const [name] = this.#entries.names(kind, id);
    const token = randomUUID();
    const isMine = await this.#connection.run((client) => client.setIfAbsent(name, token, ttlMs));
    if (isMine === undefined) return "unavailable";
    if (!isMine) return "held";
    return {
      renew: async () =>
        void (await this.#connection.run((client) => client.script("renew", name, [token, ttlMs]))),
      release: async () =>
        void (await this.#connection.run((client) => client.script("release", name, [token]))),
    };
  }

  async count(kind: EntryKind, id: string, windowMs: number): Promise<WindowCount | undefined> {
    const [name] = this.#entries.names(kind, id);
    const counted = await this.#connection.run((client) => client.script("count", name, [windowMs]));
    if (!Array.isArray(counted)) return undefined;
    const [count, remainingMs] = counted.map(Number);
    return count === undefined || remainingMs === undefined ? undefined : { count, remainingMs };
  }

  async #readOne(name: string): Promise<string | undefined> {
    // One byte more shows that a value is longer.
    const sealed = await this.#connection.run((client) => client.getrange(name, 0, maxValueBytes));
    if (sealed === undefined || sealed.length === 0 || sealed.length > maxValueBytes) return undefined;
    return this.#entries.open(name, sealed);
  }
}
