import { ValetKeyError } from "../core/errors.ts";

/**
 * The errors of `src/storage` and `src/access` name a value by its own name: `key`, `tags`, `size`. Only this
 * folder knows which GraphQL argument the value came from, and writes that path into the error's `field`.
 */
export interface FieldPaths {
  /** The path before the value's own name: `input.`, `objects.3.`. */
  readonly fieldPrefix: string;
  /**
   * For values that came from an argument outside the prefix: the path of that argument, by the first segment of the
   * field. Undefined means that the value came from no argument.
   */
  readonly elsewhere?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Runs `call`. If it fails because of a value, the error's `field` is the path of the argument that held the value. */
export async function withFieldPrefix<Result>(
  paths: string | FieldPaths,
  call: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof ValetKeyError && error.field !== undefined
      ? withField(
          error,
          argumentPath(error.field, typeof paths === "string" ? { fieldPrefix: paths } : paths),
        )
      : error;
  }
}

function argumentPath(field: string, { fieldPrefix, elsewhere = {} }: FieldPaths): string | undefined {
  const [name = "", ...rest] = field.split(".");
  if (!Object.hasOwn(elsewhere, name)) return `${fieldPrefix}${field}`;
  const path = elsewhere[name];
  return path === undefined ? undefined : [path, ...rest].join(".");
}

/** Returns a copy, because several fields of a request may share one error and give it different paths. */
function withField(error: ValetKeyError, field: string | undefined): ValetKeyError {
  const { code, message, retryable, cause, reason } = error;
  const copy = new ValetKeyError(code, message, { field, retryable, cause, reason });
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
