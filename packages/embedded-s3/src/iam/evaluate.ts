import { principalContext } from "./condition-context.ts";
import type { ConditionContext } from "./condition-keys.ts";
import { meetsIamCondition, type RequestValues } from "./iam-conditions.ts";
import { isResolvable, matchesIamPattern, type VariableValues } from "./iam-pattern.ts";
import type { IamPolicy, IamStatement, PatternList } from "./iam-policy.ts";
import type { Identity } from "./identity.ts";

/** An action, such as `s3:GetObject`, on a resource (an ARN), in a request with these condition keys. */
export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/**
 * True if each policy allows the action and none denies it: a session is allowed the intersection of its role's policy and
 * its session policy. Without any policy, nothing is allowed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(policies: readonly IamPolicy[], question: AccessRequest): boolean {
  const request = requestValues(question.context);
  const effects = policies.map(({ statements }) =>
    statements.filter((statement) => applies(statement, question, request)).map(({ effect }) => effect),
  );
  return effects.length > 0 && effects.every((each) => each.includes("Allow") && !each.includes("Deny"));
}

/** Whether the policy of a bucket denies an action, to the store's own keys too. */
export function isDenied(policy: IamPolicy, identity: Identity, question: AccessRequest): boolean {
  const asked = withPrincipal(identity, question);
  const request = requestValues(asked.context);
  return policy.statements.some(
    (statement) => statement.effect === "Deny" && applies(statement, asked, request),
  );
}

function withPrincipal(identity: Identity, question: AccessRequest): AccessRequest {
  return {
    ...question,
    context: { "aws:ViaAWSService": "false", ...question.context, ...principalContext(identity) },
  };
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

function applies(statement: IamStatement, question: AccessRequest, request: RequestValues): boolean {
  const { resources } = statement;
  const { variables } = request;
  // Without the value, it is not known what NotResource excludes. To be safe, an Allow does not apply and a Deny does.
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

/** The store's own keys are allowed everything. A session is allowed what its role's policy and its session policy both allow. */
export function isAllowed(identity: Identity, question: AccessRequest): boolean {
  if (identity.kind === "base") return true;
  const { rolePolicy, sessionPolicy } = identity;
  const policies = sessionPolicy === undefined ? [rolePolicy] : [rolePolicy, sessionPolicy];
  return evaluate(policies, withPrincipal(identity, question));
}
