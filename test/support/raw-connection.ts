import { connect, type Socket } from "node:net";
import { parseAnswer } from "./raw-request.ts";

export type RawResponse = ReturnType<typeof parseAnswer>;

/** A connection on which a test sends bytes by hand, and reads responses as they arrive. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  #received = "";
  #closed = false;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
      this.#wake();
    });
    this.socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Whether the connection is closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  send(...chunks: (string | Buffer)[]): this {
    for (const chunk of chunks) this.socket.write(chunk);
    return this;
  }

  /** The next response with a Content-Length, or undefined if the connection closes before it is complete. */
  async response(): Promise<RawResponse | undefined> {
    for (;;) {
      const head = this.#received.indexOf("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(this.#received)?.[1] ?? "0";
      const end = head + 4 + Number(length);
      if (head !== -1 && this.#received.length >= end) {
        const response = parseAnswer(this.#received.slice(0, end));
        this.#received = this.#received.slice(end);
        return response;
      }
      if (this.#closed) return undefined;
      await this.#change();
    }
  }

  async closed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
