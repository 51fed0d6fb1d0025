import type { NameAndValue } from "../../../src/core/name-and-value.ts";

/** The properties of an object as a list of names and values. */
export function pairs(values: Readonly<Record<string, string>>): NameAndValue[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
