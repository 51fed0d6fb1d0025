import type { ServerResponse } from "node:http";
import { ValetKeyError } from "../core/errors.ts";
import { BytesPerClient, type ClientBytes } from "./bytes-per-client.ts";

export interface ResponseBackpressureOptions {
  /** Smaller responses are not counted: they fit into the buffers of a connection. Default: 16 KiB. */
  largeBytes?: number | undefined;
  /** The unread bytes of one client above which its next requests are refused. Default: 32 MiB. */
  clientBytes?: number | undefined;
  /** The maximum of unread bytes of all clients together. Default: 256 MiB. */
  totalBytes?: number | undefined;
  /** How long a client may read nothing before its connection is closed. Default: 30,000. */
  idleTimeoutMs?: number | undefined;
  /** How fast a client has to read on average, after `graceMs`. Default: 65,536. */
  minBytesPerSecond?: number | undefined;
  /** Default: 30,000. */
  graceMs?: number | undefined;
}

interface UnreadResponse extends ClientBytes {
  readonly response: ServerResponse;
}

/**
 * Bounds the memory of responses that clients have not read yet, for each client. The requests of a client that does
 * not read are refused first; then its connections are closed, the one that has waited longest first. Connections that
 * are read too slowly are closed too. Other clients are unaffected.
 */
export class ResponseBackpressure {
  readonly #options: Required<{ [Name in keyof ResponseBackpressureOptions]: number }>;
  readonly #unread = new BytesPerClient<UnreadResponse>();

  constructor(options: ResponseBackpressureOptions = {}) {
    this.#options = {
      largeBytes: options.largeBytes ?? 2 ** 14,
      clientBytes: options.clientBytes ?? 2 ** 25,
      totalBytes: options.totalBytes ?? 2 ** 28,
      idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
      minBytesPerSecond: options.minBytesPerSecond ?? 2 ** 16,
      graceMs: options.graceMs ?? 30_000,
    };
  }

  /** The bytes of all responses that are counted. */
  get unreadBytes(): number {
    return this.#unread.bytes;
  }

  /** @returns OVERLOADED if this client has too much to read */
  error(client: string): ValetKeyError | undefined {
    if (this.#unread.bytesOf(client) < this.#options.clientBytes) return undefined;
    const message = "Too many of your responses have not been read yet. Read them, then try again.";
    return new ValetKeyError("OVERLOADED", message, { reason: "unread_responses" });
  }

  /** Call this before a response of this many bytes is written. */
  track(response: ServerResponse, client: string, bytes: number): void {
    const { largeBytes, idleTimeoutMs, graceMs, minBytesPerSecond } = this.#options;
    // A response whose connection is closed already will emit no "close".
    if (bytes < largeBytes || response.destroyed) return;
    const unread = { client, response, bytes, activeAtMs: performance.now() };
    this.#unread.add(unread);
    const destroy = () => response.destroy();
    const timer = setTimeout(destroy, graceMs + (bytes / minBytesPerSecond) * 1000);
    // Node restarts this timeout whenever the client has read something.
    response.setTimeout(idleTimeoutMs, destroy);
    response.once("close", () => {
      clearTimeout(timer);
      this.#unread.remove(unread);
    });
    this.#closeConnections(client);
  }

  #closeConnections(client: string): void {
    const { clientBytes, totalBytes } = this.#options;
    // The limit is doubled, so that requests can finish that were in progress when the client exceeded the limit.
    while (this.#unread.bytesOf(client) > 2 * clientBytes && this.#closeLongestIdle(client));
    while (this.#unread.bytes > totalBytes && this.#closeLongestIdle(this.#unread.largestClient() ?? client));
  }

  #closeLongestIdle(client: string): boolean {
    const unread = this.#unread.longestIdle(client);
    if (unread === undefined) return false;
    this.#unread.remove(unread);
    unread.response.destroy();
    return true;
  }
}
