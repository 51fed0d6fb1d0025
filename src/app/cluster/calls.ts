import { ConfigError } from "../config/config-error.ts";

/** The other process: `process` in a worker, and `cluster.Worker` in the primary. */
export interface Channel {
  send(message: object, callback: (error: Error | null) => void): unknown;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
}

/** The functions of one process that the other one may call. Their arguments and results are copied. */
export type Procedures = Readonly<Record<string, (argument: never) => unknown>>;

type Argument<Procedure> = Procedure extends (argument: infer Value) => unknown ? Value : never;
type Result<Procedure> = Procedure extends (...args: never) => infer Value ? Awaited<Value> : never;

interface Call {
  readonly call: number;
  readonly name: string;
  readonly argument: unknown;
}
type Reply =
  | { readonly reply: number; readonly result: unknown }
  | { readonly reply: number; readonly fault: string; readonly isOfConfiguration: boolean };

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Calls between the primary process and one worker, in both directions. */
export class Calls<Remote extends Procedures> {
  readonly #channel: Channel;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isOpen = true;

  constructor(channel: Channel, own: Procedures) {
    this.#channel = channel;
    channel.on("message", (message) => {
      const received = message as Call | Reply;
      if ("call" in received) void this.#execute(own, received);
      else if ("reply" in received) this.#settle(received);
    });
    channel.on("disconnect", () => {
      this.#isOpen = false;
      for (const { reject } of this.#waiting.values()) reject(new Error("The other process has ended."));
      this.#waiting.clear();
    });
  }

  /** Rejects when the function throws, or when the other process ends. */
  async call<Name extends keyof Remote & string>(
    name: Name,
    argument: Argument<Remote[Name]>,
  ): Promise<Result<Remote[Name]>> {
    if (!this.#isOpen) throw new Error("The other process has ended.");
    this.#last += 1;
    const call = this.#last;
    const result = new Promise((resolve, reject) => this.#waiting.set(call, { resolve, reject }));
    this.#send({ call, name, argument });
    return (await result) as Result<Remote[Name]>;
  }

  async #execute(own: Procedures, { call, name, argument }: Call): Promise<void> {
    try {
      this.#send({ reply: call, result: await own[name]?.(argument as never) });
    } catch (error) {
      const isOfConfiguration = error instanceof ConfigError;
      const { message, stack = message } = error as Error;
      this.#send({ reply: call, fault: isOfConfiguration ? message : stack, isOfConfiguration });
    }
  }

  #settle(message: Reply): void {
    const waiting = this.#waiting.get(message.reply);
    this.#waiting.delete(message.reply);
    if (!("fault" in message)) waiting?.resolve(message.result);
    else waiting?.reject(new (message.isOfConfiguration ? ConfigError : Error)(message.fault));
  }

  #send(message: Call | Reply): void {
    // If the other process has ended, the event `disconnect` says so.
    if (this.#isOpen) this.#channel.send(message, () => {});
  }
}
