import { variables } from "./variables/variables.ts";

/** `VALETKEY_MAX_FILES` is the option `maxFiles`. */
export function optionOf(variable: string): string {
  const words = variable.replace(/^VALETKEY_/, "").toLowerCase();
  return words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The variable of each option. */
export const variableOf = new Map(Object.keys(variables).map((variable) => [optionOf(variable), variable]));
