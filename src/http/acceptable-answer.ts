import type { FastifyRequest } from "fastify";
import Negotiator from "negotiator";
import { ValetKeyError } from "../core/errors.ts";

/** What Apollo chooses an answer's type from. */
const answerTypes = [
  "application/json; charset=utf-8",
  "application/graphql-response+json; charset=utf-8",
  "application/json; callbackSpec=1.0; charset=utf-8",
];
/** What fetch and most clients send. */
const acceptAnswers = new Set(["*/*", "application/json", "application/json, text/plain, */*"]);

/**
 * Why a POST is not to be carried out: its client takes no type that an answer has. Apollo looks when the
 * operation has been executed. A GET changes nothing, and may be answered with a page.
 */
export function refuseUnacceptable({ method, headers: { accept } }: FastifyRequest): Error | undefined {
  if (method !== "POST" || !accept || acceptAnswers.has(accept)) return undefined;
  if (new Negotiator({ headers: { accept } }).mediaType(answerTypes) !== undefined) return undefined;
  const message =
    "An answer is application/json or application/graphql-response+json: the header Accept allows neither.";
  return Object.assign(new ValetKeyError("BAD_USER_INPUT", message), { statusCode: 406 });
}
