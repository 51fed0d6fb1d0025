import type { Lease, SharedMemory } from "../../src/core/shared-memory.ts";

/** A shared memory for several servers in one process. Nothing in it expires. */
export class ProcessMemory implements SharedMemory {
  readonly entries = new Map<string, string>();
  /** How often an entry was looked for. */
  reads = 0;
  readonly #leases = new Map<string, symbol>();
  readonly #counts = new Map<string, number>();

  async read(kind: string, id: string): Promise<string | undefined> {
    this.reads += 1;
    return this.entries.get(`${kind} ${id}`);
  }

  async write(kind: string, id: string, value: string): Promise<void> {
    this.entries.set(`${kind} ${id}`, value);
  }

  async tryLease(kind: string, id: string): Promise<Lease | "held"> {
    const name = `${kind} ${id}`;
    if (this.#leases.has(name)) return "held";
    const token = Symbol(name);
    this.#leases.set(name, token);
    return {
      renew: async () => {},
      release: async () => {
        if (this.#leases.get(name) === token) this.#leases.delete(name);
      },
    };
  }

  async count(kind: string, id: string, windowMs: number) {
    const count = (this.#counts.get(`${kind} ${id}`) ?? 0) + 1;
    this.#counts.set(`${kind} ${id}`, count);
    return { count, remainingMs: windowMs };
  }
}
