/** What an entry is about. Entries of different kinds never have the same name. */
export type EntryKind = "session" | "session-lease" | "completion" | "upload" | "requests" | "reload";

/** The right to do something that only one replica should do at a time. It ends by itself unless it is renewed. */
export interface Lease {
  /** Has no effect if the lease has ended. */
  renew(): Promise<void>;
  /** Ends the lease, unless another replica has it by now. */
  release(): Promise<void>;
}

/** How often something was counted in the present window. */
export interface WindowCount {
  readonly count: number;
  /** How long the window still lasts. */
  readonly remainingMs: number;
}

/**
 * A memory that all replicas of a server share. Nothing may depend on it: any entry can be missing at any time, and the
 * whole memory can be unreachable. No method rejects, and each of them returns within a short time.
 */
export interface SharedMemory {
  /** @returns undefined if there is no such entry, or if the memory cannot be reached */
  read(kind: EntryKind, id: string): Promise<string | undefined>;
  /** Replaces the entry, which disappears after `ttlMs`. */
  write(kind: EntryKind, id: string, value: string, ttlMs: number): Promise<void>;
  /** @returns "held" if another replica has the lease */
  tryLease(kind: EntryKind, id: string, ttlMs: number): Promise<Lease | "held" | "unavailable">;
  /** Counts once more, in a window that begins with the first count. Undefined if the memory cannot be reached. */
  count(kind: EntryKind, id: string, windowMs: number): Promise<WindowCount | undefined>;
}

/** The memory of a server that shares nothing. */
export const noSharedMemory: SharedMemory = {
  read: async () => undefined,
  write: async () => {},
  tryLease: async () => "unavailable",
  count: async () => undefined,
};
