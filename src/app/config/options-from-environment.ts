import type { ValetKeyOptions } from "../../library/options.ts";
import { fromEnvironment } from "./config-source.ts";
import { variableOf } from "./option-names.ts";
import { parseEnvironment } from "./parse-environment.ts";

/**
 * What the environment says, as options. Whether something is missing is checked by `createValetKey`.
 * @throws {ConfigError} naming every variable that is unknown, malformed or out of range
 */
export function optionsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ValetKeyOptions {
  const { values, given } = parseEnvironment(environment, fromEnvironment.nameOf);
  const options: Record<string, unknown> = {};
  for (const [option, variable] of variableOf) {
    const value: unknown = values[variable as keyof typeof values];
    const isPlain = typeof value === "number" || typeof value === "boolean";
    if (given[variable] !== undefined) options[option] = isPlain ? value : given[variable];
  }
  return options;
}
