import { type GraphQLResolveInfo, Kind } from "graphql";
import type { WantedLifetime } from "../../access/authorization.ts";
import { badUserInput } from "../../core/errors.ts";

export const defaultExpiresInSeconds = 2400;

/** Of what a session can outlive, what the default takes at most: for the rest of its life the session serves. */
const usualShareOfSession = 0.7;

/**
 * How long a client wants something signed to be good for, in seconds. Whether it may is for its grants to say.
 * @param asked null and undefined: the default, or fewer where no more are allowed
 * @param longestSeconds what a fresh role session can outlive
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseExpiresIn(asked: number | null | undefined, longestSeconds: number): WantedLifetime {
  if (asked === null || asked === undefined) {
    const usual = Math.floor(longestSeconds * usualShareOfSession);
    return { seconds: Math.min(defaultExpiresInSeconds, usual), orFewer: true, longestSeconds };
  }
  if (asked < 1) throw badUserInput("expiresIn", "At least 1 second.");
  return { seconds: asked, orFewer: false, longestSeconds };
}

/** `expiresIn` as the client wrote it: undefined where only the schema's default stands in for it. */
export function askedExpiresIn(
  { fieldNodes, variableValues }: GraphQLResolveInfo,
  expiresIn: number | null | undefined,
): number | null | undefined {
  const written = fieldNodes[0]?.arguments?.find(({ name }) => name.value === "expiresIn")?.value;
  if (written === undefined) return undefined;
  return written.kind === Kind.VARIABLE && !(written.name.value in variableValues) ? undefined : expiresIn;
}
