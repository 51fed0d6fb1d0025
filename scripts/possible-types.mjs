import { isAbstractType } from "graphql";

/** A plugin for graphql-codegen: writes the object types of each union and interface, for caches that normalize. */
export function plugin(schema) {
  const entries = Object.values(schema.getTypeMap())
    .filter((type) => isAbstractType(type) && !type.name.startsWith("__"))
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  const json = JSON.stringify(Object.fromEntries(entries), undefined, 2);
  return [
    "/** The object types of each union of the schema: `new InMemoryCache({ possibleTypes })`. */",
    `export const possibleTypes: { [unionName: string]: string[] } = ${json};`,
    "",
  ].join("\n");
}
