import { StoreError } from "../core/store-error.ts";

/** A range of bytes, both ends included. */
export interface LengthRange {
  readonly minimum: number;
  readonly maximum: number;
}

export interface PostCondition {
  readonly operator: "eq" | "starts-with";
  /** In lower case, without "$". */
  readonly field: string;
  readonly operand: string;
}

/** The content of the `policy` field of a form. */
export interface PostPolicy {
  readonly expiresAt: Date;
  readonly conditions: readonly PostCondition[];
  readonly contentLengthRange?: LengthRange | undefined;
}

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 * @param text base64 of the JSON document
 * @throws {StoreError} 400 InvalidPolicyDocument
 */
export function parsePostPolicy(text: string): PostPolicy {
  const document = parseJson(Buffer.from(text, "base64").toString("utf8"));
  if (!isRecord(document)) throw invalidPolicy("Invalid JSON.");
  const { expiration, conditions } = document;
  if (expiration === undefined) throw invalidPolicy("Policy missing expiration.");
  if (conditions === undefined) throw invalidPolicy("Policy missing conditions.");
  if (!Array.isArray(conditions)) throw invalidPolicy("Invalid 'conditions' value: must be a List.");
  const ranges = conditions.filter(isLengthRange).map(parseLengthRange);
  return {
    expiresAt: parseExpiration(expiration),
    conditions: conditions.filter((each) => !isLengthRange(each)).map(parseCondition),
    contentLengthRange: ranges.length === 0 ? undefined : intersection(ranges),
  };
}

const expirationShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

function parseExpiration(value: unknown): Date {
  const expiresAt = typeof value === "string" && expirationShape.test(value) ? new Date(value) : undefined;
  if (expiresAt === undefined || Number.isNaN(expiresAt.getTime())) {
    throw invalidPolicy(`Invalid 'expiration' value: '${String(value)}'`);
  }
  return expiresAt;
}

function parseCondition(value: unknown): PostCondition {
  if (Array.isArray(value)) return parseOperation(value);
  if (!isRecord(value)) throw invalidPolicy("Invalid Condition: must be a List or an Object.");
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) {
    throw invalidPolicy(
      "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    );
  }
  const [field, operand] = entry;
  if (typeof operand !== "string") throw invalidPolicy("Invalid Simple-Condition: value must be a string.");
  return { operator: "eq", field: field.toLowerCase(), operand };
}

function parseOperation(parts: readonly unknown[]): PostCondition {
  const [name, field, operand] = parts;
  const operator = typeof name === "string" ? name.toLowerCase() : undefined;
  if (parts.length !== 3 || (operator !== "eq" && operator !== "starts-with")) {
    throw invalidPolicy("Invalid Condition: unknown operation or wrong number of arguments.");
  }
  if (typeof field !== "string" || !field.startsWith("$") || typeof operand !== "string") {
    throw invalidPolicy(`Invalid Condition: ${operator} takes "$field" and a string.`);
  }
  return { operator, field: field.slice(1).toLowerCase(), operand };
}

function isLengthRange(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) && typeof value[0] === "string" && value[0].toLowerCase() === "content-length-range"
  );
}

function parseLengthRange(parts: readonly unknown[]): LengthRange {
  const [minimum, maximum] = [byteCount(parts[1]), byteCount(parts[2])];
  if (parts.length !== 3 || minimum === undefined || maximum === undefined) {
    throw invalidPolicy("Invalid Condition: content-length-range takes two integers.");
  }
  return { minimum, maximum };
}

function byteCount(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function intersection(ranges: readonly LengthRange[]): LengthRange {
  return {
    minimum: Math.max(...ranges.map(({ minimum }) => minimum)),
    maximum: Math.min(...ranges.map(({ maximum }) => maximum)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidPolicy("Invalid JSON.");
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalidPolicy(reason: string): StoreError {
  return new StoreError(400, "InvalidPolicyDocument", `Invalid Policy: ${reason}`);
}
