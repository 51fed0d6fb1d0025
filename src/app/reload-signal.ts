import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { z } from "zod";
import type { SharedMemory } from "../core/shared-memory.ts";

export interface ReloadSignalOptions {
  readonly memory: SharedMemory;
  /** The path of this replica's access file. */
  readonly accessFile: string;
  /** Reads the access file again. Returns whether it could be used. */
  readonly reload: () => Promise<boolean>;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly pollMs?: number | undefined;
  /** How long to wait for the file that another replica has, until a warning is written. */
  readonly patienceMs?: number | undefined;
}

const signalSchema = z.object({ id: z.string(), sentAtMs: z.number(), fingerprint: z.string() });
type Signal = z.output<typeof signalSchema>;

const entryId = "access-file";
const keptMs = 3_600_000;
/** Several replicas may get a SIGHUP for the same file. */
const sameReloadMs = 10_000;

/**
 * Tells other replicas that the access file has changed. They only learn that they have to read their own files, and never
 * what is in this one, so nobody who can write to Redis can change grants. The signal is kept for an hour: a
 * replica that cannot reach Redis now reads it later, and replicas that know it write it again if Redis has lost it.
 */
export class ReloadSignal {
  readonly #options: ReloadSignalOptions;
  readonly #pollMs: number;
  #known: Signal | undefined;
  #isFirstPoll = true;
  /** Until when the file that another replica has read is awaited here. */
  #awaitedUntilMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ReloadSignalOptions) {
    this.#options = options;
    this.#pollMs = options.pollMs ?? 2_000;
    this.#pollLater();
  }

  /** To be called when this replica has read its access file again. */
  async announce(): Promise<void> {
    const fingerprint = await this.#fingerprint();
    const last = await this.#read();
    if (last !== undefined && isNewer(last, this.#known)) this.#known = last;
    this.#awaitedUntilMs = undefined;
    const { fingerprint: announced, sentAtMs: announcedAtMs = 0 } = this.#known ?? {};
    const isAnnounced = announced === fingerprint && Date.now() - announcedAtMs < sameReloadMs;
    if (fingerprint === undefined || isAnnounced) return;
    // The clock of the replica that sent the last signal may be ahead.
    const sentAtMs = Math.max(Date.now(), announcedAtMs + 1);
    this.#known = { id: randomUUID(), sentAtMs, fingerprint };
    await this.#write(this.#known);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #pollLater(): void {
    if (this.#isClosed) return;
    const logFailure = (err: unknown) =>
      this.#options.log.warn({ err }, "could not follow what another replica has announced");
    const poll = () =>
      void this.#poll()
        .catch(logFailure)
        .finally(() => this.#pollLater());
    this.#timer = setTimeout(poll, this.#pollMs * (0.75 + Math.random() / 2));
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    const signal = await this.#read();
    const isFirst = this.#isFirstPoll;
    this.#isFirstPoll = false;
    if (signal !== undefined && isNewer(signal, this.#known)) await this.#follow(signal, isFirst);
    else if (this.#awaitedUntilMs !== undefined) await this.#awaitFile(this.#awaitedUntilMs);
    // Redis may have lost the signal, or may have been unreachable when it was sent.
    if (this.#known !== undefined && this.#known.id !== signal?.id) await this.#write(this.#known);
  }

  async #follow(signal: Signal, isFirst: boolean): Promise<void> {
    this.#known = signal;
    const { reload, patienceMs = 300_000 } = this.#options;
    const isSame = (await this.#fingerprint()) === signal.fingerprint;
    // Also if the file is not the same: files that it names may have changed too.
    await reload();
    // A signal from before the start may be about an older file than this replica has.
    this.#awaitedUntilMs = isSame || isFirst ? undefined : performance.now() + patienceMs;
  }

  /** A file that is distributed to all replicas, such as a ConfigMap, reaches them at different times. */
  async #awaitFile(untilMs: number): Promise<void> {
    if ((await this.#fingerprint()) === this.#known?.fingerprint) {
      this.#awaitedUntilMs = undefined;
      await this.#options.reload();
    } else if (performance.now() > untilMs) {
      this.#awaitedUntilMs = undefined;
      this.#options.log.warn(
        "another replica has read its access file again, and the access file of this replica is a different one",
      );
    }
  }

  async #read(): Promise<Signal | undefined> {
    const text = await this.#options.memory.read("reload", entryId);
    if (text === undefined) return undefined;
    // Another version of this program may have written something else.
    const parsed = signalSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  }

  async #write(signal: Signal): Promise<void> {
    const ttlMs = signal.sentAtMs + keptMs - Date.now();
    if (ttlMs > 0) await this.#options.memory.write("reload", entryId, JSON.stringify(signal), ttlMs);
  }

  /** Undefined if the file cannot be read, which reloading it reports. */
  async #fingerprint(): Promise<string | undefined> {
    const content = await readFile(this.#options.accessFile).catch(() => undefined);
    return content && createHash("sha256").update(content).digest("base64url");
  }
}

function isNewer(signal: Signal, known: Signal | undefined): boolean {
  if (known === undefined || signal.sentAtMs > known.sentAtMs) return true;
  // Of two replicas that send at the same time, all follow the same one.
  return signal.sentAtMs === known.sentAtMs && signal.id > known.id;
}
