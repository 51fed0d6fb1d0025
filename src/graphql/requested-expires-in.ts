import { type GraphQLResolveInfo, Kind } from "graphql";

/**
 * `expiresIn` if the client asked for a lifetime. Undefined if the value is only the schema's default, which may be
 * shortened; a lifetime that the client asked for is refused if it is too long.
 */
export function requestedExpiresIn(
  { fieldNodes, variableValues }: GraphQLResolveInfo,
  expiresIn: number,
): number | undefined {
  const written = fieldNodes[0]?.arguments?.find(({ name }) => name.value === "expiresIn")?.value;
  if (written === undefined || written.kind === Kind.NULL) return undefined;
  const isOmitted =
    written.kind === Kind.VARIABLE && (variableValues[written.name.value] ?? undefined) === undefined;
  return isOmitted ? undefined : expiresIn;
}
