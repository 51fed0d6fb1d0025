/** Memory that is held for a client, such as a request body or a response. */
export interface ClientBytes {
  readonly client: string;
  bytes: number;
  /** When the client last sent or read something, in milliseconds of a monotonic clock. */
  activeAtMs: number;
}

/**
 * Counts the bytes that are held for each client, and finds the item of a client that has been idle the longest. If
 * one client holds too much, its own items are dropped, and other clients are unaffected.
 */
export class BytesPerClient<Item extends ClientBytes> {
  readonly #byClient = new Map<string, { bytes: number; readonly items: Set<Item> }>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  bytesOf(client: string): number {
    return this.#byClient.get(client)?.bytes ?? 0;
  }

  add(item: Item): void {
    const share = this.#byClient.get(item.client) ?? { bytes: 0, items: new Set() };
    this.#byClient.set(item.client, share);
    share.items.add(item);
    share.bytes += item.bytes;
    this.#bytes += item.bytes;
  }

  grow(item: Item, bytes: number): void {
    const share = this.#byClient.get(item.client);
    if (share?.items.has(item) !== true) return;
    item.bytes += bytes;
    share.bytes += bytes;
    this.#bytes += bytes;
  }

  remove(item: Item): void {
    const share = this.#byClient.get(item.client);
    if (share?.items.delete(item) !== true) return;
    share.bytes -= item.bytes;
    this.#bytes -= item.bytes;
    if (share.items.size === 0) this.#byClient.delete(item.client);
  }

  /** The item of this client that has been idle for the longest time. */
  longestIdle(client: string): Item | undefined {
    let longestIdle: Item | undefined;
    for (const item of this.#byClient.get(client)?.items ?? []) {
      if (longestIdle === undefined || item.activeAtMs < longestIdle.activeAtMs) longestIdle = item;
    }
    return longestIdle;
  }

  /** The client with the most bytes. */
  largestClient(): string | undefined {
    let largest: string | undefined;
    let maxBytes = 0;
    for (const [client, { bytes }] of this.#byClient) {
      if (bytes > maxBytes) [largest, maxBytes] = [client, bytes];
    }
    return largest;
  }
}
