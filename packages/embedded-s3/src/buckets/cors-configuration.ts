import { StoreError } from "../core/store-error.ts";
import { malformedXml, type ParsedElement, type XmlContent } from "../http/xml.ts";
import { type CorsRule, corsMethods } from "../store/cors-rules.ts";

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
  assertValidRule(rule);
  return rule;
}

function assertValidRule(rule: CorsRule): void {
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
