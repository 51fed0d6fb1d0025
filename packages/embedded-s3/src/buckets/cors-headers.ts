import { StoreError } from "../core/store-error.ts";
import type { Bucket } from "../store/bucket.ts";
import { type CorsRule, corsMethods, defaultCorsRules } from "../store/cors-rules.ts";

export function corsRulesOf(bucket: Bucket | undefined): readonly CorsRule[] {
  return bucket === undefined ? [] : (bucket.configuration.cors ?? defaultCorsRules);
}

/** The headers that let a page of this origin read the response. Empty if no rule matches. */
export function corsHeaders(
  bucket: Bucket | undefined,
  origin: string | undefined,
  method: string,
): Record<string, string> {
  if (origin === undefined) return {};
  const rule = corsRulesOf(bucket).find((candidate) => allows(candidate, origin, method));
  return rule === undefined ? {} : headersOf(rule, origin);
}

/**
 * The headers of the response to a preflight request.
 * @throws {StoreError} BadRequest (400), AccessForbidden (403)
 */
export function preflightHeaders(
  bucket: Bucket | undefined,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const { origin } = headers;
  const method = headers["access-control-request-method"];
  if (origin === undefined) throw badRequest("Insufficient information. Origin request header needed.");
  if (method === undefined || !corsMethods.includes(method)) {
    throw badRequest(`Invalid Access-Control-Request-Method: ${method ?? "null"}`);
  }
  const requested = (headers["access-control-request-headers"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const rule = corsRulesOf(bucket).find(
    (candidate) =>
      allows(candidate, origin, method) &&
      requested.every((name) =>
        candidate.allowedHeaders.some((allowed) => matches(allowed.toLowerCase(), name)),
      ),
  );
  if (rule === undefined) {
    throw new StoreError(
      403,
      "AccessForbidden",
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      { details: { Method: method, ResourceType: "OBJECT" } },
    );
  }
  return {
    ...headersOf(rule, origin),
    ...(requested.length > 0 && { "access-control-allow-headers": requested.join(", ") }),
    ...(rule.maxAgeSeconds !== undefined && { "access-control-max-age": String(rule.maxAgeSeconds) }),
  };
}

function badRequest(message: string): StoreError {
  return new StoreError(400, "BadRequest", message);
}

function allows(rule: CorsRule, origin: string, method: string): boolean {
  return (
    rule.allowedMethods.includes(method) && rule.allowedOrigins.some((allowed) => matches(allowed, origin))
  );
}

/** Matches a pattern with at most one "*". */
function matches(pattern: string, text: string): boolean {
  const [before = "", after] = pattern.split("*");
  if (after === undefined) return pattern === text;
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

function headersOf(rule: CorsRule, origin: string): Record<string, string> {
  const anyOrigin = rule.allowedOrigins.includes("*");
  return {
    "access-control-allow-origin": anyOrigin ? "*" : origin,
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    ...(rule.exposeHeaders.length > 0 && { "access-control-expose-headers": rule.exposeHeaders.join(", ") }),
    ...(!anyOrigin && { "access-control-allow-credentials": "true" }),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}
