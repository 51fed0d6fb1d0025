import type { FetcherParams } from "@graphiql/toolkit";
import type { AttachedFile } from "./files.tsx";

/** A GraphQL multipart request: https://github.com/jaydenseric/graphql-multipart-request-spec */
export function toForm(operation: FetcherParams, attached: readonly AttachedFile[]): FormData {
  const variables: Record<string, unknown> = structuredClone(operation.variables ?? {});
  const map: Record<string, string[]> = {};
  for (const [index, { path }] of attached.entries()) {
    setNull(variables, path.split("."));
    map[index] = [`variables.${path}`];
  }
  const form = new FormData();
  form.set("operations", JSON.stringify({ ...operation, variables }));
  form.set("map", JSON.stringify(map));
  for (const [index, { file }] of attached.entries()) form.set(String(index), file, file.name);
  return form;
}

/** Puts `null` at the path, where the file takes its place. A number in the path is an index of a list. */
function setNull(variables: Record<string, unknown>, [name = "", ...rest]: readonly string[]): void {
  if (rest.length === 0) {
    variables[name] = null;
    return;
  }
  variables[name] ??= /^\d+$/.test(rest[0] ?? "") ? [] : {};
  setNull(variables[name] as Record<string, unknown>, rest);
}
