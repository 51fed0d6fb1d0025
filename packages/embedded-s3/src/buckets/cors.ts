import type { ParsedElement, XmlContent } from "../http/xml.ts";
import { malformedXml } from "../http/xml.ts";
import { StoreError } from "../store-error.ts";
import type { Bucket } from "./bucket.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
export interface CorsRule {
  readonly id?: string | undefined;
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds?: number | undefined;
}

const corsMethods = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/** The rules of a bucket until PutBucketCors or DeleteBucketCors: those that docs/uploads.md recommends, for every origin. */
export const defaultCorsRules: readonly CorsRule[] = [
  {
    allowedOrigins: ["*"],
    allowedMethods: ["GET", "PUT", "POST"],
    allowedHeaders: ["*"],
    exposeHeaders: ["ETag"],
    maxAgeSeconds: 3000,
  },
];

export function corsRulesOf(bucket: Bucket | undefined): readonly CorsRule[] {
  return bucket === undefined ? [] : (bucket.configuration.cors ?? defaultCorsRules);
}

/** The headers that let a page of this origin read the answer; none where no rule matches. */
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
 * The answer's headers to an OPTIONS request.
 * @throws {StoreError} BadRequest (400), AccessForbidden (403)
 */
export function answerPreflight(
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

/** A pattern has at most one "*". */
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

/** @throws {StoreError} MalformedXML, InvalidRequest */
export function parseCorsConfiguration(root: ParsedElement): CorsRule[] {
  const rules = root.children("CORSRule").map(parseRule);
  if (rules.length === 0 || rules.length > 100) throw malformedXml();
  return rules;
}

function parseRule(element: ParsedElement): CorsRule {
  const texts = (name: string) => element.children(name).map((child) => child.text);
  const maxAge = element.childText("MaxAgeSeconds");
  const rule: CorsRule = {
    id: element.childText("ID"),
    allowedOrigins: texts("AllowedOrigin"),
    allowedMethods: texts("AllowedMethod"),
    allowedHeaders: texts("AllowedHeader"),
    exposeHeaders: texts("ExposeHeader"),
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
  };
  if (rule.allowedOrigins.length === 0 || rule.allowedMethods.length === 0) throw malformedXml();
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw malformedXml();
  refuseInvalid(rule);
  return rule;
}

function refuseInvalid(rule: CorsRule): void {
  for (const method of rule.allowedMethods) {
    if (!corsMethods.includes(method)) {
      throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
    }
  }
  for (const pattern of [...rule.allowedOrigins, ...rule.allowedHeaders]) {
    if (pattern.split("*").length > 2)
      throw invalidRequest(`"${pattern}" can not have more than one wildcard.`);
  }
  for (const header of rule.exposeHeaders) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header) || header.includes("*")) {
      throw invalidRequest(`ExposeHeader "${header}" contains a character that is not allowed.`);
    }
  }
}

function invalidRequest(message: string): StoreError {
  return new StoreError(400, "InvalidRequest", message);
}

export function renderCorsConfiguration(rules: readonly CorsRule[]): XmlContent {
  return {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedOrigin: rule.allowedOrigins,
      AllowedMethod: rule.allowedMethods,
      AllowedHeader: rule.allowedHeaders,
      ExposeHeader: rule.exposeHeaders,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  };
}
