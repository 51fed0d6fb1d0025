/** Something that takes memory for a client until it is over. */
export interface Holding {
  readonly client: string;
  bytes: number;
  /** When the client last did its part, in milliseconds of a monotonic clock. */
  activeAtMs: number;
}

/**
 * Counts the bytes that are held for each client. A client that holds too much gives way by itself: the holding that
 * has been idle the longest is the first to go, and other clients do not notice.
 */
export class Shares<Item extends Holding> {
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

  /** The holding of this client that has been idle for the longest time. */
  idlest(client: string): Item | undefined {
    let idlest: Item | undefined;
    for (const item of this.#byClient.get(client)?.items ?? []) {
      if (idlest === undefined || item.activeAtMs < idlest.activeAtMs) idlest = item;
    }
    return idlest;
  }

  /** The client that holds the most. */
  greediest(): string | undefined {
    let greediest: string | undefined;
    let most = 0;
    for (const [client, { bytes }] of this.#byClient) {
      if (bytes > most) [greediest, most] = [client, bytes];
    }
    return greediest;
  }
}
