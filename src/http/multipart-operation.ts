import { badUserInput, ValetKeyError } from "../core/errors.ts";

/** The one GraphQL request that a form carries in its field `operations`. */
export interface GraphQLOperation {
  readonly query?: string | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

/** A place in an operation's variables where a file belongs. */
export interface FileSlot {
  /** As the map names it: `variables.file`, `variables.input.files.0`. */
  readonly path: string;
  /** Puts a value where the operation held null. */
  fill(value: unknown): void;
}

/** The slots of each file, by the name of its part of the form, in the map's order. */
export type FileMap = ReadonlyMap<string, readonly FileSlot[]>;

/** Over all files of a form. */
const maxPaths = 1000;

/**
 * Reads the field `operations`.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseOperation(json: string): GraphQLOperation {
  const value = parseJson("operations", json);
  if (Array.isArray(value)) {
    throw badUserInput("operations", "A form carries one operation: batches are not supported.");
  }
  if (!isPlainObject(value)) throw badUserInput("operations", '"operations" is a JSON object.');
  const { query, operationName, variables, extensions } = value;
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw badUserInput("operations", '"operationName" is a string.');
  }
  if (!isOptionalObject(variables)) throw badUserInput("operations", '"variables" is an object.');
  if (!isOptionalObject(extensions)) throw badUserInput("operations", '"extensions" is an object.');
  // A persisted query is known by its hash alone.
  // https://www.apollographql.com/docs/apollo-server/performance/apq
  const isPersisted = query === undefined && isPlainObject(extensions?.persistedQuery);
  if (typeof query === "string" || isPersisted)
    return definedOnly({ query, operationName, variables, extensions });
  throw badUserInput("operations", 'An operation has a "query", a string.');
}

/** Apollo tells a property that is undefined from one that is not there. */
function definedOnly<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, property]) => property !== undefined),
  ) as Partial<Value>;
}

/**
 * Reads the field `map`: which part of the form belongs where in the operation's variables.
 * https://github.com/jaydenseric/graphql-multipart-request-spec#multipart-form-field-structure
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseFileMap(json: string, operation: GraphQLOperation, maxFiles: number): FileMap {
  const value = parseJson("map", json);
  if (!isPlainObject(value)) throw badUserInput("map", '"map" is a JSON object.');
  const entries = Object.entries(value);
  if (entries.length > maxFiles) throw badUserInput("map", `A form carries at most ${maxFiles} files.`);
  const seen = new Set<string>();
  return new Map(
    entries.map(([partName, paths]) => {
      if (!isPathList(paths)) throw badUserInput("map", '"map" holds a list of paths for each file.');
      const slots = paths.map((path) => {
        if (seen.has(path)) throw badUserInput(path, "Two files are mapped to the same variable.");
        if (seen.add(path).size > maxPaths) throw badUserInput("map", `A map has at most ${maxPaths} paths.`);
        return findSlot(path, operation);
      });
      return [partName, slots] as const;
    }),
  );
}

/**
 * Follows nothing but own properties of what JSON.parse made: a path such as
 * `variables.hasOwnProperty.call` would otherwise end in an object of the whole process.
 */
function findSlot(path: string, operation: GraphQLOperation): FileSlot {
  const [root, ...keys] = path.split(".");
  const lastKey = keys.pop();
  if (root !== "variables" || lastKey === undefined) {
    throw badUserInput("map", 'A path of the map starts with "variables.".');
  }
  let container: unknown = operation.variables;
  for (const key of keys) container = ownProperty(container, key);
  if (!isContainer(container) || ownProperty(container, lastKey) !== null) {
    throw badUserInput(path, 'The variable that a file is mapped to has to be null in "variables".');
  }
  return {
    path,
    // Defined, not assigned: an own `__proto__` stays a property like any other.
    fill: (value) =>
      Object.defineProperty(container, lastKey, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      }),
  };
}

function ownProperty(container: unknown, key: string): unknown {
  return isContainer(container) && Object.hasOwn(container, key) ? Reflect.get(container, key) : undefined;
}

function parseJson(field: string, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ValetKeyError("BAD_USER_INPUT", `"${field}" is not JSON.`, { field, cause });
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

function isOptionalObject(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || isPlainObject(value);
}

/** Whatever JSON.parse made is an array or a plain object once it is neither null nor a primitive. */
function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isPathList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((path) => typeof path === "string");
}
