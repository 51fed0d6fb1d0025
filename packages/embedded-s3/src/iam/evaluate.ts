import { principalContext } from "./condition-context.ts";
import type { ConditionContext } from "./condition-keys.ts";
import { meetsIamCondition, type RequestValues } from "./iam-conditions.ts";
import { isResolvable, matchesIamPattern, type VariableValues } from "./iam-pattern.ts";
import type { IamPolicy, IamStatement, PatternList } from "./iam-policy.ts";
import type { Identity } from "./identity.ts";

/** May `action` (`s3:GetObject`) be done to `resource` (an ARN) in a request with these condition keys? */
export interface AccessQuestion {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/**
 * True when each policy allows and none denies: a session has the intersection of its role's policy
 * and its session policy. No policy allows nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(policies: readonly IamPolicy[], question: AccessQuestion): boolean {
  const request = requestValues(question.context);
  const effects = policies.map(({ statements }) =>
    statements.filter((statement) => applies(statement, question, request)).map(({ effect }) => effect),
  );
  return effects.length > 0 && effects.every((each) => each.includes("Allow") && !each.includes("Deny"));
}

function requestValues(context: ConditionContext): RequestValues {
  const keys = new Map<string, readonly string[]>();
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(context)) {
    if (value === undefined) continue;
    keys.set(name.toLowerCase(), typeof value === "string" ? [value] : value);
    if (typeof value === "string") variables.set(name.toLowerCase(), value);
  }
  return { keys, variables };
}

function applies(statement: IamStatement, question: AccessQuestion, request: RequestValues): boolean {
  const { resources } = statement;
  const { variables } = request;
  // What NotResource excepts is unknown then: an Allow must not reach it, a Deny must.
  if (resources.negated && !resources.patterns.every((pattern) => isResolvable(pattern, variables))) {
    if (statement.effect === "Allow") return false;
  }
  return (
    includes(statement.actions, question.action.toLowerCase(), variables) &&
    includes(resources, question.resource, variables) &&
    statement.conditions.every((condition) => meetsIamCondition(condition, request))
  );
}

function includes(list: PatternList, text: string, variables: VariableValues): boolean {
  return list.patterns.some((pattern) => matchesIamPattern(pattern, text, variables)) !== list.negated;
}

/** The store's own keys may do everything; a session what its role's and its session policy both allow. */
export function isAllowed(identity: Identity, question: AccessQuestion): boolean {
  if (identity.kind === "base") return true;
  const { rolePolicy, sessionPolicy } = identity;
  const policies = sessionPolicy === undefined ? [rolePolicy] : [rolePolicy, sessionPolicy];
  return evaluate(policies, { ...question, context: { ...question.context, ...principalContext(identity) } });
}
