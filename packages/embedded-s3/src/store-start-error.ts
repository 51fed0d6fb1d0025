/** Why a store cannot start, and by which of its options. The message goes on from the option's value. */
export class StoreStartError extends Error {
  override readonly name = "StoreStartError";
  readonly option: "directory" | "port";

  constructor(option: "directory" | "port", message: string, cause?: unknown) {
    super(message, { cause });
    this.option = option;
  }
}

/** Runs what only a value of this option can make fail. What went wrong in another way goes on as it is. */
export async function blaming<Result>(
  option: StoreStartError["option"],
  fault: string,
  takes: string,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const code =
      error instanceof Error && "syscall" in error ? (error as NodeJS.ErrnoException).code : undefined;
    if (code === undefined) throw error;
    throw new StoreStartError(option, `${fault} (${code}); takes ${takes}`, error);
  }
}
