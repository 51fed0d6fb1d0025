import { describeDiskFault } from "./disk-fault.ts";

/** Thrown when the value of an option keeps the store from starting. The message is written to follow that value. */
export class StoreStartError extends Error {
  override readonly name = "StoreStartError";
  readonly option: StartOption;
  /** The system's error code, such as EADDRINUSE. */
  readonly code: string | undefined;

  constructor(option: StartOption, message: string, cause?: unknown) {
    super(message, { cause });
    this.option = option;
    this.code = systemCode(cause);
  }
}

export type StartOption = "directory" | "port" | "host";

/** Runs code that uses the folder, and turns errors of the operating system into a StoreStartError. */
export async function usingDirectory<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const reason = `cannot be used: ${describeDiskFault(code)} (${code})`;
    throw new StoreStartError("directory", `${reason}; takes a folder that this process may write`, error);
  }
}

/** The code of an error that the operating system reported. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error ? (error as NodeJS.ErrnoException).code : undefined;
}
