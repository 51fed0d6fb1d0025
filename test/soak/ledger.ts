import { createHash } from "node:crypto";
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import type { Random } from "../support/random.ts";

/** What is known of one object that a caller has tried to store. Each key is written once. */
export interface Entry {
  readonly key: string;
  /** The caller's `sub`. */
  readonly owner: string;
  readonly size: number;
  readonly sha256: string;
  /** The action that wrote it. */
  readonly writtenBy: string;
  /** `uncertain`: the request that stores or deletes it failed, which may be after it took effect. */
  state: "stored" | "uncertain" | "deleted";
  isInUse: boolean;
}

/** Knows every object that the server has accepted, and compares them with what the store has. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  /** The keys of stored objects, the oldest one first. */
  readonly #stored = new Set<string>();
  readonly #admin: S3Client;
  readonly #bucket: string;
  checked = 0;
  storedBytes = 0;

  constructor(admin: S3Client, bucket: string) {
    this.#admin = admin;
    this.#bucket = bucket;
  }

  /** Call it before the first byte is sent: a request that fails may have stored the object. */
  begin(key: string, owner: string, bytes: Uint8Array, writtenBy: string): Entry {
    const sha256 = sha256Of(bytes);
    const entry: Entry = {
      key,
      owner,
      size: bytes.length,
      sha256,
      writtenBy,
      state: "uncertain",
      isInUse: true,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Call it before a copy is requested. */
  beginCopy(key: string, from: Entry): Entry {
    const entry: Entry = {
      ...from,
      key,
      writtenBy: `copy of ${from.writtenBy}`,
      state: "uncertain",
      isInUse: true,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  accept(entry: Entry): void {
    entry.state = "stored";
    entry.isInUse = false;
    this.#stored.add(entry.key);
    this.storedBytes += entry.size;
  }

  /** Takes a stored object that no other action uses, or the oldest one. */
  take(random: Random, which: "any" | "oldest" = "any"): Entry | undefined {
    const keys = [...this.#stored];
    for (let tries = 0; tries < 20 && keys.length > 0; tries += 1) {
      const key = which === "oldest" ? keys[tries] : random.pick(keys);
      const entry = this.#entries.get(key ?? "");
      if (entry === undefined || entry.isInUse) continue;
      entry.isInUse = true;
      return entry;
    }
    return undefined;
  }

  release(entry: Entry): void {
    entry.isInUse = false;
  }

  /** Call it before a deletion is requested. */
  beginDeletion(entry: Entry): void {
    entry.state = "uncertain";
    this.#stored.delete(entry.key);
    this.storedBytes -= entry.size;
  }

  /** Compares one object with the bytes that were accepted. Returns what is wrong. */
  async check(entry: Entry): Promise<string | undefined> {
    this.checked += 1;
    const found = await this.#storedSha256(entry.key);
    if (found === entry.sha256 || (found === undefined && entry.state === "uncertain")) return undefined;
    return `${entry.key} (${entry.size} bytes, ${entry.writtenBy}, ${entry.state}) is ${found === undefined ? "lost" : "not what was sent"}.`;
  }

  /** Compares the whole bucket with the ledger. */
  async checkAll(): Promise<string[]> {
    const wrong: string[] = [];
    const inStore = await this.#listKeys();
    for (const entry of this.#entries.values()) {
      if (entry.state === "deleted" && inStore.has(entry.key)) wrong.push(`${entry.key} is still there.`);
      if (entry.state === "deleted" || (entry.state === "uncertain" && !inStore.has(entry.key))) continue;
      const finding = await this.check(entry);
      if (finding !== undefined) wrong.push(finding);
    }
    for (const key of inStore) if (!this.#entries.has(key)) wrong.push(`${key} was never sent.`);
    return wrong;
  }

  count(state: Entry["state"]): number {
    return [...this.#entries.values()].filter((entry) => entry.state === state).length;
  }

  async #storedSha256(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.#admin.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      const hash = createHash("sha256");
      for await (const chunk of Body as AsyncIterable<Uint8Array>) hash.update(chunk);
      return hash.digest("hex");
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  async #listKeys(): Promise<Set<string>> {
    const keys = new Set<string>();
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: this.#bucket, ContinuationToken: token });
      const page = await this.#admin.send(command);
      for (const { Key } of page.Contents ?? []) keys.add(Key ?? "");
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
