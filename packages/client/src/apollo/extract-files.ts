import { type DocumentNode, Kind, visit } from "graphql";

/** A file of the variables, with its place in them: `variables.files.0`. */
export interface FileAtPath {
  readonly path: string;
  readonly file: Blob;
}

/**
 * Takes the files out of the variables of an operation. They are returned in the order in which the operation uses them,
 * because the server reads a form from its beginning to its end.
 *
 * @returns a copy of the variables, with null in the place of each file
 */
export function extractFiles(
  variables: Readonly<Record<string, unknown>>,
  query: DocumentNode,
): { variables: Record<string, unknown>; files: FileAtPath[] } {
  const files: FileAtPath[] = [];
  const withoutFiles = { ...variables };
  for (const name of new Set([...namesInOrderOfUse(query), ...Object.keys(variables)]))
    if (name in variables) withoutFiles[name] = extract(variables[name], `variables.${name}`, files);
  return { variables: withoutFiles, files };
}

function extract(value: unknown, path: string, files: FileAtPath[]): unknown {
  if (value instanceof Blob) {
    files.push({ path, file: value });
    return null;
  }
  const isFileList = typeof FileList !== "undefined" && value instanceof FileList;
  if (Array.isArray(value) || isFileList)
    return Array.from(value as ArrayLike<unknown>, (item, index) => extract(item, `${path}.${index}`, files));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, extract(item, `${path}.${name}`, files)]),
  );
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function namesInOrderOfUse(query: DocumentNode): string[] {
  const names: string[] = [];
  visit(query, {
    [Kind.VARIABLE_DEFINITION]: () => false,
    [Kind.VARIABLE]: (node) => {
      names.push(node.name.value);
    },
  });
  return names;
}
