/** A command of `valetkey`. */
export interface Command {
  /** How to call it, what it does, and its options. */
  readonly usage: string;
  /**
   * Prints its result.
   * @param args what follows the command's name
   * @returns the exit code
   * @throws {UsageError} for arguments that do not fit
   */
  run(args: readonly string[], environment: Environment): Promise<number>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The arguments do not fit. `message` says why. */
export class UsageError extends Error {}
