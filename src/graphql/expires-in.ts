import { badUserInput } from "../errors.ts";

export const defaultExpiresInSeconds = 2400;

/** The lifetime that a client asks for, in seconds. How long it may be is for its grants and its role session to say. */
export function parseExpiresIn(value: number | null | undefined): number {
  const seconds = value ?? defaultExpiresInSeconds;
  if (seconds < 1) throw badUserInput("expiresIn", "At least 1 second.");
  return seconds;
}
