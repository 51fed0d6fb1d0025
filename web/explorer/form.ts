import type { FetcherParams } from "@graphiql/toolkit";
import type { AttachedFile } from "./files.tsx";

/**
 * A GraphQL multipart request: https://github.com/jaydenseric/graphql-multipart-request-spec. The server uses the files
 * in the order in which the form sends them, so they are sent in the order in which the operation declares them.
 */
export function toForm(operation: FetcherParams, files: readonly AttachedFile[]): FormData {
  const positionOf = ({ path }: AttachedFile) =>
    operation.query.search(new RegExp(`\\$${path.split(".")[0]}\\b`));
  const attached = files.toSorted(
    (a, b) => positionOf(a) - positionOf(b) || a.path.localeCompare(b.path, "en", { numeric: true }),
  );
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
