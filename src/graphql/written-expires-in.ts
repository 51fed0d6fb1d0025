import { type GraphQLResolveInfo, Kind } from "graphql";

/** `expiresIn` as the client wrote it. Undefined where the value is only the schema's default. */
export function writtenExpiresIn(
  { fieldNodes, variableValues }: GraphQLResolveInfo,
  expiresIn: number | null | undefined,
): number | null | undefined {
  const written = fieldNodes[0]?.arguments?.find(({ name }) => name.value === "expiresIn")?.value;
  if (written === undefined) return undefined;
  return written.kind === Kind.VARIABLE && !(written.name.value in variableValues) ? undefined : expiresIn;
}
