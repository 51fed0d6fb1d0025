import { BlockList, isIP } from "node:net";
import {
  type IamPattern,
  matchesIamPattern,
  parseIamPattern,
  textOfIamPattern,
  type VariableValues,
} from "./iam-pattern.ts";

/** One `"Operator": {"key": [values]}` of a statement's Condition block. */
export interface IamCondition {
  readonly operator: Operator;
  readonly quantifier: "one" | "all" | "any";
  readonly ifExists: boolean;
  /** The condition key, in lower case. */
  readonly key: string;
  readonly values: readonly IamPattern[];
}

/** Whether a request's value meets one value of the policy. */
type Comparison = (actual: string, expected: IamPattern, variables: VariableValues) => boolean;

interface Operator {
  /** Absent for Null, which asks only whether the key is there. */
  readonly compare: Comparison | undefined;
  /** True for the Not… operators: met when no value of the policy is. */
  readonly negated: boolean;
  readonly wildcards: boolean;
}

const stringEquals: Comparison = (actual, expected, variables) =>
  textOfIamPattern(expected, variables) === actual;

const stringEqualsIgnoreCase: Comparison = (actual, expected, variables) =>
  textOfIamPattern(expected, variables)?.toLowerCase() === actual.toLowerCase();

/** A wildcard in an ARN stays within one of its six parts. */
const arnLike: Comparison = (actual, expected, variables) => {
  const actualParts = arnParts(actual);
  const expectedParts = arnPartsOfPattern(expected);
  return (
    actualParts.length === expectedParts.length &&
    expectedParts.every((part, index) => matchesIamPattern(part, actualParts[index] ?? "", variables))
  );
};

function arnParts(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(":")] : [])];
}

function arnPartsOfPattern(pattern: IamPattern): IamPattern[] {
  const parts: IamPattern["tokens"][number][][] = [[]];
  for (const token of pattern.tokens) {
    const isColon = token.kind === "character" && token.character === ":";
    if (isColon && parts.length < 6) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.map((tokens) => ({ tokens }));
}

function comparingNumbers(holds: (actual: number, expected: number) => boolean): Comparison {
  return comparing(numberOf, holds);
}

function comparingDates(holds: (actual: number, expected: number) => boolean): Comparison {
  return comparing(millisecondsOf, holds);
}

function comparing(
  parse: (text: string) => number | undefined,
  holds: (actual: number, expected: number) => boolean,
): Comparison {
  return (actual, expected, variables) => {
    const left = parse(actual);
    const right = parse(textOfIamPattern(expected, variables) ?? "");
    return left !== undefined && right !== undefined && holds(left, right);
  };
}

function numberOf(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** ISO 8601 or seconds since 1970. */
function millisecondsOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const milliseconds = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

const ipAddress: Comparison = (actual, expected, variables) => {
  const [network = "", bits, ...rest] = (textOfIamPattern(expected, variables) ?? "").split("/");
  const family = familyOf(network);
  const actualFamily = familyOf(actual);
  if (family === undefined || actualFamily === undefined || rest.length > 0) return false;
  const width = family === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > width) return false;
  const range = new BlockList();
  range.addSubnet(network, prefix, family);
  return range.check(actual, actualFamily);
};

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? "ipv4" : "ipv6";
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
const operators = new Map<string, Operator>(
  Object.entries({
    StringEquals: operator(stringEquals),
    StringNotEquals: negation(stringEquals),
    StringEqualsIgnoreCase: operator(stringEqualsIgnoreCase),
    StringNotEqualsIgnoreCase: negation(stringEqualsIgnoreCase),
    StringLike: { ...operator(matching), wildcards: true },
    StringNotLike: { ...negation(matching), wildcards: true },
    ArnEquals: { ...operator(arnLike), wildcards: true },
    ArnLike: { ...operator(arnLike), wildcards: true },
    ArnNotEquals: { ...negation(arnLike), wildcards: true },
    ArnNotLike: { ...negation(arnLike), wildcards: true },
    NumericEquals: operator(comparingNumbers((actual, expected) => actual === expected)),
    NumericNotEquals: negation(comparingNumbers((actual, expected) => actual === expected)),
    NumericLessThan: operator(comparingNumbers((actual, expected) => actual < expected)),
    NumericLessThanEquals: operator(comparingNumbers((actual, expected) => actual <= expected)),
    NumericGreaterThan: operator(comparingNumbers((actual, expected) => actual > expected)),
    NumericGreaterThanEquals: operator(comparingNumbers((actual, expected) => actual >= expected)),
    DateEquals: operator(comparingDates((actual, expected) => actual === expected)),
    DateNotEquals: negation(comparingDates((actual, expected) => actual === expected)),
    DateLessThan: operator(comparingDates((actual, expected) => actual < expected)),
    DateLessThanEquals: operator(comparingDates((actual, expected) => actual <= expected)),
    DateGreaterThan: operator(comparingDates((actual, expected) => actual > expected)),
    DateGreaterThanEquals: operator(comparingDates((actual, expected) => actual >= expected)),
    Bool: operator(stringEqualsIgnoreCase),
    BinaryEquals: operator(stringEquals),
    IpAddress: operator(ipAddress),
    NotIpAddress: negation(ipAddress),
    Null: operator(undefined),
  }).map(([name, definition]) => [name.toLowerCase(), definition]),
);

function operator(compare: Comparison | undefined): Operator {
  return { compare, negated: false, wildcards: false };
}

function negation(compare: Comparison): Operator {
  return { compare, negated: true, wildcards: false };
}

function matching(actual: string, expected: IamPattern, variables: VariableValues): boolean {
  return matchesIamPattern(expected, actual, variables);
}

const quantifiers = { forallvalues: "all", foranyvalue: "any" } as const;
const operatorShape = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/;

/** Undefined if the operator does not exist or a value has the wrong type. */
export function parseIamCondition(
  operatorName: string,
  key: string,
  values: readonly string[],
  syntax: { readonly variables: boolean },
): IamCondition | undefined {
  const [, set, name = "", suffix] = operatorShape.exec(operatorName.toLowerCase()) ?? [];
  const found = operators.get(name);
  if (found === undefined) return undefined;
  if (found.compare === undefined) {
    const isBoolean = values.every((value) => /^(?:true|false)$/i.test(value));
    if (suffix !== undefined || set !== undefined || !isBoolean) return undefined;
  }
  return {
    operator: found,
    quantifier: set === "forallvalues" || set === "foranyvalue" ? quantifiers[set] : "one",
    ifExists: suffix !== undefined,
    key: key.toLowerCase(),
    values: values.map((value) =>
      parseIamPattern(value, { wildcards: found.wildcards, variables: syntax.variables }),
    ),
  };
}

/** The condition keys of a request by name in lower case. A key with several values cannot be used as a variable. */
export interface RequestValues {
  readonly keys: ReadonlyMap<string, readonly string[]>;
  readonly variables: VariableValues;
}

export function meetsIamCondition(condition: IamCondition, { keys, variables }: RequestValues): boolean {
  const { operator, values, quantifier } = condition;
  const { compare, negated } = operator;
  const actual = keys.get(condition.key) ?? [];
  if (compare === undefined) {
    const isAbsent = String(actual.length === 0);
    return values.some((value) => stringEqualsIgnoreCase(isAbsent, value, variables));
  }
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
  if (actual.length === 0) {
    if (quantifier !== "one") return quantifier === "all";
    return condition.ifExists || negated;
  }
  const meets = (each: string) => values.some((value) => compare(each, value, variables)) !== negated;
  // Without a quantifier, one of several values has to match, or none of them for a negated operator.
  const needsAll = quantifier === "all" || (quantifier === "one" && negated);
  return needsAll ? actual.every(meets) : actual.some(meets);
}
