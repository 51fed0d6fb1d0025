import {
  assertCredentialsDuration,
  authorizeCredentials,
  type CredentialsScope,
} from "../../access/authorize-credentials.ts";
import type { ObjectAction } from "../../access/grants.ts";
import type { RoleSession } from "../../access/role-session.ts";
import { badUserInput } from "../../core/errors.ts";
import { parseKeyPrefix } from "../../core/object-address.ts";
import { parseBucketAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";
import type { Action } from "../types/enums.ts";
import type { TemporaryCredentials } from "./temporary-credentials.ts";

export interface CredentialsRequest {
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string | null | undefined;
  readonly actions: readonly Action[];
  readonly durationSeconds: number;
}

/**
 * Issues credentials to the caller. They are in the response and nowhere else.
 * @throws {ValetKeyError} BAD_USER_INPUT, FORBIDDEN, UNAUTHENTICATED, CREDENTIALS_UNAVAILABLE, OVERLOADED
 */
export async function requestCredentials(
  context: RequestContext,
  request: CredentialsRequest,
): Promise<TemporaryCredentials> {
  const { principal, grants, services } = context;
  const address = parseBucketAddress(request, services.regions);
  const { bucket } = address;
  const scope: CredentialsScope = {
    bucket,
    prefix: parseKeyPrefix(request.prefix),
    actions: parseActions(request.actions),
  };
  const grantedSeconds = authorizeCredentials(grants, scope);
  const { credentials: issuer } = services.roles.of(bucket);
  assertCredentialsDuration(request.durationSeconds, grantedSeconds, issuer.maxSeconds);
  const { region } = await context.discoverRegion(address);
  const session = await issuer.issue(principal, scope, request.durationSeconds);
  record(context, scope, session);
  return {
    ...session.credentials,
    expiresAt: session.expiresAt,
    bucket,
    prefix: scope.prefix,
    region,
    ...services.endpoints.forClients(bucket),
  };
}

/** @throws {ValetKeyError} BAD_USER_INPUT (actions) */
function parseActions(actions: readonly Action[]): readonly ObjectAction[] {
  if (actions.length === 0) throw badUserInput("actions", "Name at least one action.");
  if (new Set(actions).size < actions.length) throw badUserInput("actions", "Name each action only once.");
  const ofObjects = actions.filter((action) => action !== "CREDENTIALS");
  if (ofObjects.length === actions.length) return ofObjects;
  throw badUserInput(
    "actions",
    "CREDENTIALS is not an action of credentials: name DOWNLOAD, UPLOAD, LIST or DELETE.",
  );
}

/** The access key id connects the caller to what S3 and CloudTrail record. The secrets are never logged. */
function record(
  { principal, services, log }: RequestContext,
  { bucket, prefix, actions }: CredentialsScope,
  { credentials: { accessKeyId }, expiresAt, sessionName }: RoleSession,
): void {
  const access = actions.some((action) => action === "UPLOAD" || action === "DELETE") ? "write" : "read";
  services.metrics.credentialsIssued.inc({ access });
  const subject = principal.authenticated ? principal.subject : null;
  log.info(
    { subject, sessionName, accessKeyId, bucket, prefix, actions, expiresAt },
    "issued credentials to a client",
  );
}
