import type { GraphQLResponse } from "@apollo/server";
import type { FormattedExecutionResult, GraphQLFormattedError } from "graphql";
import { ValetKeyError } from "../../core/errors.ts";
import { publicError } from "./error-format.ts";
import { limits } from "./limits.ts";

/** Limits the size of a response before it is serialized. */
export function limitResponse({ body, http }: GraphQLResponse): void {
  if (body.kind !== "single") return;
  const result = body.singleResult;
  body.singleResult = limitResult(result);
  if (body.singleResult.data !== result.data) http.status = 400;
}

/** Returns the result, with as many of its errors as are allowed. Without `data` if that is too large. */
export function limitResult(result: FormattedExecutionResult): FormattedExecutionResult {
  if (exceeds(result.data, limits.responseBytes)) return { errors: [responseTooLarge()] };
  return result.errors === undefined ? result : { ...result, errors: withinErrorBudget(result.errors) };
}

function responseTooLarge(): GraphQLFormattedError {
  const message = `The response has more than ${limits.responseBytes / 2 ** 20} MiB: ask for fewer items, or fewer fields of each. Changes that a mutation has made are kept.`;
  return publicError(new ValetKeyError("BAD_USER_INPUT", message), "");
}

/** Returns the first errors that fit, and one that says how many were omitted. */
export function withinErrorBudget(errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] {
  let bytes = 0;
  const kept: GraphQLFormattedError[] = [];
  for (const error of errors) {
    bytes += jsonBytes(error, limits.errorBytes);
    if (bytes > limits.errorBytes) break;
    kept.push(error);
  }
  const left = errors.length - kept.length;
  if (left === 0) return kept;
  const message = `${left.toLocaleString("en")} more errors are left out, since the errors of a response have at most ${limits.errorBytes / 2 ** 20} MiB: ask for fewer items at once.`;
  return [...kept, publicError(new ValetKeyError("BAD_USER_INPUT", message), "")];
}

/** Most responses are far below the limit. For them the lengths of strings suffice, without looking at each character. */
function exceeds(value: unknown, max: number): boolean {
  return jsonBytes(value, max, maxUtf8Bytes) > max && jsonBytes(value, max) > max;
}

function maxUtf8Bytes(text: string): number {
  return 3 * text.length;
}

/** Estimates the bytes of a value's JSON. It stops counting beyond `max`. */
function jsonBytes(
  value: unknown,
  max: number,
  bytesOf = Buffer.byteLength as (text: string) => number,
): number {
  let bytes = 0;
  const waiting = [value];
  while (waiting.length > 0 && bytes <= max) {
    const each = waiting.pop();
    if (typeof each === "string") bytes += bytesOf(each) + 3;
    else if (Array.isArray(each)) for (const item of each) waiting.push(item);
    else if (typeof each === "object" && each !== null) {
      const object = each as Record<string, unknown>;
      for (const name in object) {
        bytes += name.length + 4;
        waiting.push(object[name]);
      }
    } else bytes += 8;
  }
  return bytes;
}
