import { registerEnumType } from "type-graphql";

/**
 * Adds an enum to the schema. Its values are a union of the domain, so the compiler refuses a value that is
 * missing here or that the domain does not know.
 * @param values each value with its description
 */
export function schemaEnum<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): { readonly [Each in Value]: Each } {
  const names = Object.keys(values) as Value[];
  const members = Object.fromEntries(names.map((value) => [value, value])) as { [Each in Value]: Each };
  const valuesConfig = Object.fromEntries(names.map((value) => [value, { description: values[value] }]));
  registerEnumType(members, { name, description, valuesConfig: valuesConfig as never });
  return members;
}
