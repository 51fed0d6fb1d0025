import { StoreError } from "./store-error.ts";

export function invalidArgument(message: string, name: string, value: string): StoreError {
  return new StoreError(400, "InvalidArgument", message, {
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

/**
 * The number that a query parameter or a header holds. A larger one than `maximum` counts as `maximum`.
 * @throws {StoreError} InvalidArgument unless it is a whole number of at least `minimum`
 */
export function parseInteger(
  text: string | undefined,
  name: string,
  limits: { readonly minimum: number; readonly maximum: number; readonly default: number },
): number {
  if (text === undefined || text === "") return limits.default;
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < limits.minimum || value > 2 ** 31 - 1) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  }
  return Math.min(value, limits.maximum);
}

export function invalidUri(): StoreError {
  return new StoreError(400, "InvalidURI", "Couldn't parse the specified URI.");
}
