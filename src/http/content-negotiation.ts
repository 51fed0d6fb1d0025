import type { FastifyRequest } from "fastify";
import Negotiator from "negotiator";
import { ValetKeyError } from "../core/errors.ts";

const defaultType = "application/json; charset=utf-8";
/** The media types of a response. Apollo chooses among them in the same way. */
const responseTypes = [
  defaultType,
  "application/graphql-response+json; charset=utf-8",
  "application/json; callbackSpec=1.0; charset=utf-8",
];
/** The header of fetch and of most clients. */
const acceptsDefault = new Set(["*/*", "application/json", "application/json, text/plain, */*"]);

/** Undefined if the client accepts none of them. */
function responseType(accept: string | undefined): string | undefined {
  if (!accept || acceptsDefault.has(accept)) return defaultType;
  return new Negotiator({ headers: { accept } }).mediaType(responseTypes);
}

/** Whether the client is a browser that opens the URL. Outside production it gets Apollo's page. */
export function prefersPage({ headers: { accept } }: FastifyRequest): boolean {
  if (!accept || acceptsDefault.has(accept)) return false;
  return new Negotiator({ headers: { accept } }).mediaType([...responseTypes, "text/html"]) === "text/html";
}

/** The media type of an error before GraphQL: the one that GraphQL's own response would have. */
export function errorType({ headers }: FastifyRequest): string {
  return responseType(headers.accept) ?? defaultType;
}

/**
 * The error for a POST whose client accepts no media type of a response. Apollo checks this only after it has
 * executed the operation. A GET changes nothing, and its response may be a page.
 */
export function notAcceptable({ method, headers }: FastifyRequest): Error | undefined {
  if (method !== "POST" || responseType(headers.accept) !== undefined) return undefined;
  const message =
    "Responses are application/json or application/graphql-response+json, and the header Accept allows neither.";
  return Object.assign(new ValetKeyError("BAD_USER_INPUT", message), { statusCode: 406 });
}

const jsonType = /^application\/json\s*(?:;|$)/i;
const formType = /^multipart\/form-data\s*(?:;|$)/i;
const charsetParameter = /;\s*charset\s*=\s*"?([^";\s]*)/gi;

export function isForm({ headers }: Pick<FastifyRequest, "headers">): boolean {
  return formType.test(headers["content-type"] ?? "");
}

export function isJson({ headers }: Pick<FastifyRequest, "headers">): boolean {
  return jsonType.test(headers["content-type"] ?? "");
}

/**
 * The error for a body that is neither JSON in UTF-8 nor a form. Fastify ignores the charset and decodes
 * every JSON body as UTF-8, the only encoding of JSON: https://www.rfc-editor.org/rfc/rfc8259#section-8.1
 */
export function unsupportedMediaType(request: FastifyRequest): Error | undefined {
  const type = request.headers["content-type"];
  if (type === undefined || type === "application/json" || isForm(request)) return undefined;
  if (!jsonType.test(type)) return unsupported("Send application/json, or multipart/form-data for files.");
  const charsets = [...type.matchAll(charsetParameter)].map(([, charset]) => charset?.toLowerCase());
  if (charsets.every((charset) => charset === "utf-8" || charset === "utf8")) return undefined;
  return unsupported("Send JSON in UTF-8: the charset of the header Content-Type must be utf-8 or absent.");
}

function unsupported(message: string): Error {
  return Object.assign(new ValetKeyError("BAD_USER_INPUT", message), { statusCode: 415 });
}
