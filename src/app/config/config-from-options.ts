import { nearestName } from "../../core/nearest-name.ts";
import type { ValetKeyOptions } from "../../library/options.ts";
import { type Config, loadConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { optionOf, variableOf } from "./option-names.ts";
import { secretVariables, variables } from "./variables/variables.ts";

/** The options that are no settings. */
const otherOptions = ["onObjectStored", "authenticate", "authorize", "authorizeCacheSeconds", "log"];

/**
 * The configuration of a server that is a part of another one. Each option takes what its variable takes.
 * @throws {ConfigError} naming every option that is unknown, malformed, out of range or missing
 */
export function configFromOptions(options: ValetKeyOptions): Config {
  const environment: Record<string, string> = {};
  const faults: string[] = [];
  for (const [option, value] of Object.entries(options)) {
    const variable = variableOf.get(option);
    if (value === undefined || otherOptions.includes(option)) continue;
    if (variable === undefined) faults.push(describeUnknown(option));
    else if (variable !== "VALETKEY_GRANTS" || typeof value === "string") {
      const text = textOf(variable, value);
      if (text === undefined || text === "") faults.push(describeValue(option, variable, value));
      else environment[variable] = text;
    }
  }
  if (faults.length > 0) throw new ConfigError(faults.join("\n"));
  // Several embedded stores in one process each need a port of their own.
  environment.VALETKEY_STORE_PORT ??= "0";
  // Valet Key itself listens on no port, so the default one is free for the store.
  environment.PORT ??= "0";
  const { grants, authorize } = options;
  return loadConfig(environment, {
    nameOf: optionOf,
    accessRules: typeof grants === "object" ? grants : undefined,
    hasAuthorize: authorize !== undefined,
    isPartOfServer: true,
  });
}

/** A value as its variable would hold it. Undefined for a value that no variable can hold. */
function textOf(variable: string, value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return isOnOff(variable) ? (value ? "on" : "off") : String(value);
  if (value instanceof URL) return value.href;
  const isList =
    Array.isArray(value) && value.every((item) => typeof item === "string" && !item.includes(","));
  return isList ? value.join(",") : undefined;
}

function isOnOff(variable: string): boolean {
  return variables[variable as keyof typeof variables].schema.safeParse("on").success;
}

function describeUnknown(option: string): string {
  const nearest = nearestName(option, [...variableOf.keys(), ...otherOptions]);
  return `${option}: no such option${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

function describeValue(option: string, variable: string, value: unknown): string {
  const got = secretVariables.has(variable) ? "a value that is not shown" : JSON.stringify(value);
  return `${option}: got ${got}, takes what the variable ${variable} takes: a text that is not empty, a number, a boolean, or a list of texts without commas`;
}
