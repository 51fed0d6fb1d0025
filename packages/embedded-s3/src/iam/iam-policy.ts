import { StoreError } from "../core/store-error.ts";
import { isKnownConditionKey } from "./condition-keys.ts";
import { type IamCondition, parseIamCondition } from "./iam-conditions.ts";
import { type IamPattern, parseIamPattern, variablesOf } from "./iam-pattern.ts";

/** A policy document that obeys IAM's grammar. */
export interface IamPolicy {
  readonly statements: readonly IamStatement[];
}

export interface IamStatement {
  readonly effect: "Allow" | "Deny";
  /** In lower case, because actions are case-insensitive. */
  readonly actions: PatternList;
  readonly resources: PatternList;
  readonly conditions: readonly IamCondition[];
}

export interface PatternList {
  /** True for NotAction and NotResource. */
  readonly negated: boolean;
  readonly patterns: readonly IamPattern[];
}

/**
 * The policy language of identity and session policies, without principals.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @throws {StoreError} 400 MalformedPolicyDocument
 */
export function parseIamPolicy(text: string): IamPolicy {
  const document = objectOf(parseJson(text), "Syntax errors in policy.");
  assertKnownElements(document, ["Version", "Id", "Statement"]);
  const { Version: version, Statement: statement } = document;
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") {
    throw malformed("The policy's Version is neither 2012-10-17 nor 2008-10-17.");
  }
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statement === undefined || statements.length === 0) {
    throw malformed("The policy must contain at least one statement.");
  }
  const syntax = { variables: version === "2012-10-17" };
  return { statements: statements.map((each) => parseStatement(each, syntax)) };
}

const statementElements = [
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
  "Principal",
  "NotPrincipal",
];

function parseStatement(value: unknown, syntax: { readonly variables: boolean }): IamStatement {
  const statement = objectOf(value, "Syntax errors in policy.");
  assertKnownElements(statement, statementElements);
  const { Effect: effect, Sid: sid } = statement;
  if (effect !== "Allow" && effect !== "Deny") throw malformed("A statement's Effect is Allow or Deny.");
  if (sid !== undefined && !(typeof sid === "string" && /^[A-Za-z0-9]*$/.test(sid))) {
    throw malformed("Statement IDs (SID) must be alpha-numeric.");
  }
  if (statement.Principal !== undefined || statement.NotPrincipal !== undefined) {
    throw malformed("Policy document should not specify a principal.");
  }
  const action = listOfEither(statement, "Action", "NotAction");
  const resource = listOfEither(statement, "Resource", "NotResource");
  for (const name of action.values) {
    if (!actionShape.test(name)) {
      throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
  }
  for (const arn of resource.values) {
    if (!resourceShape.test(arn)) throw malformed(`Resource ${arn} must be in ARN format or "*".`);
  }
  const parsed: IamStatement = {
    effect,
    actions: {
      negated: action.negated,
      patterns: action.values.map((name) =>
        parseIamPattern(name.toLowerCase(), { wildcards: true, variables: false }),
      ),
    },
    resources: {
      negated: resource.negated,
      patterns: resource.values.map((arn) => parseIamPattern(arn, { wildcards: true, ...syntax })),
    },
    conditions: parseConditions(statement.Condition, syntax),
  };
  assertKnownConditionKeys(parsed);
  return parsed;
}

/** AWS accepts unknown names. This store does not know every key of AWS, and ignoring one could allow too much. */
function assertKnownConditionKeys({ resources, conditions }: IamStatement): void {
  const patterns = [...resources.patterns, ...conditions.flatMap(({ values }) => values)];
  const names = [...conditions.map(({ key }) => key), ...patterns.flatMap(variablesOf)];
  const unknown = names.find((name) => !isKnownConditionKey(name));
  if (unknown !== undefined)
    throw malformed(`The embedded store does not know the condition key ${unknown}.`);
}

const actionShape = /^(?:\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/;
const resourceShape = /^(?:\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$/s;

function parseConditions(value: unknown, syntax: { readonly variables: boolean }): IamCondition[] {
  if (value === undefined) return [];
  const conditions: IamCondition[] = [];
  for (const [operator, block] of Object.entries(objectOf(value, "Syntax errors in policy."))) {
    for (const [key, expected] of Object.entries(objectOf(block, "Syntax errors in policy."))) {
      const condition = parseIamCondition(operator, key, conditionValues(expected), syntax);
      if (condition === undefined) throw malformed(`Invalid Condition type : ${operator}.`);
      conditions.push(condition);
    }
  }
  return conditions;
}

/** Booleans and numbers are accepted without quotes. */
function conditionValues(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.map((each: unknown) => {
    if (typeof each === "string" || typeof each === "number" || typeof each === "boolean") {
      return String(each);
    }
    throw malformed("Syntax errors in policy.");
  });
}

function listOfEither(
  statement: Readonly<Record<string, unknown>>,
  name: "Action" | "Resource",
  negatedName: "NotAction" | "NotResource",
): { readonly negated: boolean; readonly values: readonly string[] } {
  const negated = statement[name] === undefined;
  const value = statement[negated ? negatedName : name];
  if (!negated && statement[negatedName] !== undefined) {
    throw malformed(`A statement has ${name} or ${negatedName}, not both.`);
  }
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (values.length === 0) throw malformed(`Policy statement must contain ${name.toLowerCase()}s.`);
  return {
    negated,
    values: values.map((each: unknown) => {
      if (typeof each !== "string") throw malformed("Syntax errors in policy.");
      return each;
    }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
}

function objectOf(value: unknown, fault: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(fault);
  return Object.fromEntries(Object.entries(value));
}

function assertKnownElements(value: object, known: readonly string[]): void {
  if (!Object.keys(value).every((name) => known.includes(name))) throw malformed("Syntax errors in policy.");
}

function malformed(message: string): StoreError {
  return new StoreError(400, "MalformedPolicyDocument", message);
}
