import { randomUUID } from "node:crypto";
import { toIsoSeconds } from "../core/amz-date.ts";
import { StoreError } from "../core/store-error.ts";
import { sessionTagContext } from "../iam/condition-context.ts";
import { type ConditionContext } from "../iam/condition-keys.ts";
import { isAllowed } from "../iam/evaluate.ts";
import type { Identity } from "../iam/identity.ts";
import type { AccessKeys, StoreRole } from "../signing/access-keys.ts";
import type { VerifiedRequest } from "../signing/verify-signature.ts";
import {
  assertSupportedParameters,
  durationParameter,
  missing,
  nameParameter,
  packedPolicyPercent,
  policyParameter,
} from "./assume-role-parameters.ts";
import { parseSessionTags } from "./session-tags.ts";
import { stsNamespace, validationError, xmlElement } from "./sts-errors.ts";

export { stsErrorXml } from "./sts-errors.ts";

/**
 * Handles a signed form: AssumeRole or GetCallerIdentity.
 * @returns the XML body of a 200
 * @throws {StoreError} to be sent with stsErrorXml
 */
export function handleStsAction(
  parameters: URLSearchParams,
  caller: VerifiedRequest,
  keys: AccessKeys,
  now: Date,
  minSessionSeconds = 900,
): string {
  const [action, version] = [parameters.get("Action"), parameters.get("Version")];
  if (version === "2011-06-15") {
    if (action === "AssumeRole") return assumeRole(parameters, caller, keys, now, minSessionSeconds);
    if (action === "GetCallerIdentity") return getCallerIdentity(caller, keys);
  }
  throw new StoreError(400, "InvalidAction", `Could not find operation ${action} for version ${version}`);
}

/**
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @returns the XML body of a 200
 * @throws {StoreError} 403 AccessDenied, 400 ValidationError, MalformedPolicyDocument, PackedPolicyTooLarge
 */
export function assumeRole(
  parameters: URLSearchParams,
  caller: VerifiedRequest,
  keys: AccessKeys,
  now: Date,
  minSessionSeconds = 900,
): string {
  assertSupportedParameters(parameters);
  const roleArn = parameters.get("RoleArn") ?? "";
  if (!/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(roleArn)) throw validationError(`${roleArn} is invalid`);
  const sessionName = nameParameter(parameters, "RoleSessionName") ?? missing("roleSessionName");
  const sourceIdentity = nameParameter(parameters, "SourceIdentity");
  const sessionPolicy = policyParameter(parameters);
  const tags = parseSessionTags(parameters);

  const { identity } = caller;
  const externalId = parameters.get("ExternalId") ?? undefined;
  const context = {
    ...caller.context,
    ...sessionTagContext(tags),
    "sts:ExternalId": externalId,
    "sts:RoleSessionName": sessionName,
    "sts:SourceIdentity": sourceIdentity,
  };
  const role = authorizedRole(roleArn, externalId, keys, identity, context);
  if (Object.keys(tags).length > 0)
    authorize("sts:TagSession", role, identity, context, role.allowTagSession);
  if (sourceIdentity !== undefined) {
    authorize("sts:SetSourceIdentity", role, identity, context, role.allowSourceIdentity);
  }
  const durationSeconds = durationParameter(parameters, role, identity, minSessionSeconds);
  const packedPercent = packedPolicyPercent(sessionPolicy, tags);

  // Whole seconds, as in the response: the session expires exactly when the response says.
  const expiresAt = new Date((Math.floor(now.getTime() / 1000) + durationSeconds) * 1000);
  const issued = keys.issue({ role, sessionName, sessionPolicy, tags, sourceIdentity, expiresAt });
  return stsResponse("AssumeRole", [
    "<Credentials>",
    xmlElement("AccessKeyId", issued.accessKeyId),
    xmlElement("SecretAccessKey", issued.secretAccessKey),
    xmlElement("SessionToken", issued.sessionToken),
    xmlElement("Expiration", toIsoSeconds(expiresAt)),
    "</Credentials>",
    "<AssumedRoleUser>",
    xmlElement("AssumedRoleId", keys.sessionUserId(role, sessionName)),
    xmlElement("Arn", keys.sessionArn(role, sessionName)),
    "</AssumedRoleUser>",
    ...(packedPercent === undefined ? [] : [xmlElement("PackedPolicySize", String(packedPercent))]),
    ...(sourceIdentity === undefined ? [] : [xmlElement("SourceIdentity", sourceIdentity)]),
  ]);
}

function getCallerIdentity({ identity }: VerifiedRequest, keys: AccessKeys): string {
  return stsResponse("GetCallerIdentity", [
    xmlElement("Arn", identity.arn),
    xmlElement("UserId", identity.userId),
    xmlElement("Account", keys.accountId),
  ]);
}

function stsResponse(operation: string, result: readonly string[]): string {
  return [
    `<${operation}Response xmlns="${stsNamespace}">`,
    `<${operation}Result>`,
    ...result,
    `</${operation}Result>`,
    `<ResponseMetadata>${xmlElement("RequestId", randomUUID())}</ResponseMetadata>`,
    `</${operation}Response>`,
  ].join("");
}

/** The error is the same for a role that does not exist and one that the caller may not assume. */
function authorizedRole(
  roleArn: string,
  externalId: string | undefined,
  keys: AccessKeys,
  identity: Identity,
  context: ConditionContext,
): StoreRole {
  const role = keys.roles.find(({ arn }) => arn === roleArn);
  const isTrusted = role !== undefined && (role.externalId === undefined || role.externalId === externalId);
  if (isTrusted && isAllowed(identity, { action: "sts:AssumeRole", resource: roleArn, context })) return role;
  throw notAuthorized(identity, "sts:AssumeRole", roleArn);
}

function authorize(
  action: string,
  role: StoreRole,
  identity: Identity,
  context: ConditionContext,
  isTrusted: boolean | undefined,
): void {
  if (isTrusted && isAllowed(identity, { action, resource: role.arn, context })) return;
  throw notAuthorized(identity, action, role.arn);
}

function notAuthorized(identity: Identity, action: string, roleArn: string): StoreError {
  const message = `User: ${identity.arn} is not authorized to perform: ${action} on resource: ${roleArn}`;
  return new StoreError(403, "AccessDenied", message);
}
