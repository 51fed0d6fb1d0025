import type { z } from "zod";
import { nearestName } from "../../core/nearest-name.ts";
import { ConfigError } from "./config-error.ts";
import { environmentSchema, type Values } from "./environment-schema.ts";
import { secretVariables, variables } from "./variables/variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const ownPrefix = "VALETKEY_";
const urlWithPassword = /\/\/.*@/;
const notShown = "a value that is not shown";

/** The name of a setting in error messages: its variable, or its option. */
export type NameOf = (variable: string) => string;

/**
 * @returns the values, and the text of each variable that is set
 * @throws {ConfigError} naming every variable that is unknown, malformed or out of range
 */
export function parseEnvironment(
  environment: Environment,
  nameOf: NameOf,
): { values: Values; given: Environment } {
  // Shells and compose files leave a variable empty to unset it.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const faults = Object.entries(environment)
    .filter(([name, value]) => value !== undefined && isUnknown(name))
    .map(([name, value]) => describeUnknown(name, value));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => describe(issue, given, nameOf)));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join("\n"));
  return { values: parsed.data, given };
}

function describe(issue: z.core.$ZodIssue, given: Environment, nameOf: NameOf): string {
  const name = String(issue.path[0]);
  const isSecret = secretVariables.has(name) || urlWithPassword.test(given[name] ?? "");
  const value = isSecret ? notShown : JSON.stringify(given[name]);
  return `${nameOf(name)}: got ${value}, ${issue.message}`;
}

function isUnknown(name: string): boolean {
  return name.startsWith(ownPrefix) && !Object.hasOwn(variables, name);
}

/** The value is not shown: it may be a secret under a misspelt name. */
function describeUnknown(name: string, value: string | undefined): string {
  const known = Object.keys(variables)
    .filter((each) => each.startsWith(ownPrefix))
    .map((each) => each.slice(ownPrefix.length));
  const nearest = nearestName(name.slice(ownPrefix.length), known);
  const hint = nearest === undefined ? "" : `; did you mean ${ownPrefix}${nearest}?`;
  return `${name}: got ${value === "" ? '""' : notShown}, no such variable${hint}`;
}
