import { badUserInput, ValetKeyError } from "../core/errors.ts";
import { bracketError } from "./bracket-limit.ts";

/** The GraphQL request that a form carries in its field `operations`. */
export interface GraphQLOperation {
  readonly query?: string | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

/** The place in an operation's variables into which a file is put. */
export interface FileSlot {
  /** The path in the map: `variables.file`, `variables.input.files.0`. */
  readonly path: string;
  /** Replaces the null at this place. */
  fill(value: unknown): void;
}

/** The slot of each file, by the name of the file's part, in the order of the map. */
export type FileMap = ReadonlyMap<string, FileSlot>;

/**
 * Reads the field `operations`.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseOperation(json: string): GraphQLOperation {
  const value = parseJson("operations", json);
  if (Array.isArray(value)) {
    throw badUserInput("operations", "A form carries one operation. Batches are not supported.");
  }
  if (!isPlainObject(value)) throw badUserInput("operations", '"operations" must be a JSON object.');
  const { query, operationName, variables, extensions } = value;
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw badUserInput("operations", '"operationName" must be a string.');
  }
  if (!isOptionalObject(variables)) throw badUserInput("operations", '"variables" must be an object.');
  if (!isOptionalObject(extensions)) throw badUserInput("operations", '"extensions" must be an object.');
  // A persisted query is identified by its hash alone.
  // https://www.apollographql.com/docs/apollo-server/performance/apq
  const isPersisted = query === undefined && isPlainObject(extensions?.persistedQuery);
  if (typeof query === "string" || isPersisted)
    return definedOnly({ query, operationName, variables, extensions });
  throw badUserInput("operations", '"operations" must have the property "query", a string.');
}

/** Apollo treats a property that is undefined differently from one that is absent. */
function definedOnly<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, property]) => property !== undefined),
  ) as Partial<Value>;
}

/**
 * Reads the field `map`, which says where each part of the form belongs in the operation's variables.
 * https://github.com/jaydenseric/graphql-multipart-request-spec#multipart-form-field-structure
 *
 * A file is streamed and can be read once, so the map may name it for one variable only. This is checked
 * here, before the first file is stored.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseFileMap(json: string, operation: GraphQLOperation, maxFiles: number): FileMap {
  const value = parseJson("map", json);
  if (!isPlainObject(value)) throw badUserInput("map", '"map" must be a JSON object.');
  const entries = Object.entries(value);
  if (entries.length > maxFiles) throw badUserInput("map", `A form can have at most ${maxFiles} files.`);
  const seen = new Set<string>();
  return new Map(
    entries.map(([partName, paths]) => {
      const path = onlyPath(paths);
      if (seen.has(path)) throw badUserInput(path, "Two files are mapped to the same variable.");
      seen.add(path);
      return [partName, findSlot(path, operation)] as const;
    }),
  );
}

function onlyPath(paths: unknown): string {
  if (!Array.isArray(paths) || typeof paths[0] !== "string") {
    throw badUserInput("map", '"map" must hold a list with one path for each file.');
  }
  if (paths.length === 1) return paths[0];
  throw badUserInput(
    "map",
    "A file of the form is mapped to more than one variable. Send the file once for each variable: some clients combine variables that hold the same File object, so pass copies such as new File([file], file.name, { type: file.type }).",
  );
}

/**
 * Follows only own properties of what JSON.parse returned. A path such as `variables.hasOwnProperty.call`
 * would otherwise lead to an object that the whole process shares.
 */
function findSlot(path: string, operation: GraphQLOperation): FileSlot {
  const [root, ...keys] = path.split(".");
  const lastKey = keys.pop();
  if (root !== "variables" || lastKey === undefined) {
    throw badUserInput("map", 'A path in the map must start with "variables.".');
  }
  let container: unknown = operation.variables;
  for (const key of keys) container = ownProperty(container, key);
  if (!isContainer(container) || ownProperty(container, lastKey) !== null) {
    throw badUserInput(path, 'The variable that a file is mapped to must be null in "variables".');
  }
  return {
    path,
    // Assigning to `__proto__` would set the prototype; defining it makes an ordinary property.
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
  const error = bracketError(json);
  if (error !== undefined) throw badUserInput(field, error.message);
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ValetKeyError("BAD_USER_INPUT", `"${field}" is not valid JSON.`, { field, cause });
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

function isOptionalObject(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || isPlainObject(value);
}

/** Whether a result of JSON.parse is an array or a plain object, not null or a primitive. */
function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
