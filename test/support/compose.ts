import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "./build-context.ts";

export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
}

export interface ComposeService {
  readonly image: string;
  readonly build: { readonly context: string; readonly dockerfile: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly read_only: boolean;
  readonly stop_grace_period: string;
}

/** Reads a file of deploy/compose. Each `${NAME:?}` and `${NAME:-default}` is replaced. */
export function readCompose(name: string, values: Readonly<Record<string, string>> = {}): ComposeFile {
  const replace = (text: string) =>
    text.replaceAll(/\$\{(\w+):([?-])([^}]*)\}/g, (_, variable, kind, fallback) => {
      const value = values[variable] || (kind === "-" ? fallback : "");
      if (value === "" && kind === "?") throw new Error(`${variable} has no value.`);
      return value;
    });
  const text = readFileSync(join(repository, "deploy/compose", name), "utf8");
  return parse(text, (_, value) => (typeof value === "string" ? replace(value) : value)) as ComposeFile;
}

/** The server of a file of deploy/compose. */
export function composeService(name: string, values?: Readonly<Record<string, string>>): ComposeService {
  const { valetkey } = readCompose(name, values).services;
  if (valetkey === undefined) throw new Error(`${name} has no service valetkey.`);
  return valetkey;
}
