import { type AssumeRoleRequest, createAssumeRole } from "../../access/assume-role.ts";
import type { RoleSession } from "../../access/role-session.ts";
import type { Backend } from "../../app/backend.ts";
import { BaseCredentials, type CredentialProvider } from "../../app/base-credentials.ts";
import type { Config } from "../../app/config/config.ts";
import { partitionOf } from "../../core/aws-names.ts";
import { type BucketRole, type Buckets, roleKey } from "../../core/bucket-settings.ts";
import { SkewCorrectedClock } from "../../core/clock.ts";
import { createMetrics } from "../../core/metrics.ts";
import type { BucketName } from "../../core/object-address.ts";

/** The name of the doctor's sessions, as CloudTrail shows it. */
export const doctorName = "valetkey-doctor";

/** What the server sends with AssumeRole, apart from the session policy. */
export interface Wanted {
  readonly seconds: number;
  readonly externalId: string | undefined;
  readonly tags: AssumeRoleRequest["tags"];
  readonly sourceIdentity: string | undefined;
}

/** A role that buckets are used with. */
export class RoleUnderTest {
  readonly role: BucketRole;
  readonly buckets: readonly BucketName[];
  readonly wanted: Wanted;
  readonly baseCredentials: CredentialProvider;
  /** Knows the time of STS after the first call. */
  readonly clock = new SkewCorrectedClock();
  readonly #region: string;
  readonly #stsEndpoint: string | undefined;

  constructor(
    role: BucketRole,
    buckets: readonly BucketName[],
    config: Config,
    { store }: Backend,
    all: Buckets,
  ) {
    this.role = role;
    this.buckets = buckets;
    this.#region = config.regions.default;
    this.#stsEndpoint = role === store.role ? store.stsEndpoint : role.stsEndpoint;
    this.baseCredentials = new BaseCredentials({
      buckets: all,
      defaultRole: store.role,
      ofDefaultRole: store.baseCredentials,
    }).for(role);
    this.wanted = {
      seconds: config.sessionSeconds,
      externalId: role.externalId ?? store.externalId,
      tags: store.sessionTags ? { "valetkey:sub": doctorName } : undefined,
      sourceIdentity: store.sourceIdentity ? doctorName : undefined,
    };
  }

  get arn(): string {
    return this.role.arn;
  }

  get partition(): string {
    return partitionOf(this.arn);
  }

  /** @throws {AssumeRoleError} */
  async assume(policy: string, wanted: Wanted = { ...this.wanted, seconds: 900 }): Promise<RoleSession> {
    const { seconds, externalId, tags, sourceIdentity } = wanted;
    const assumeRole = createAssumeRole({
      role: { arn: this.arn, externalId, sessionSeconds: seconds },
      region: this.#region,
      endpoint: this.#stsEndpoint,
      credentials: this.baseCredentials,
      clock: this.clock,
      metrics: createMetrics(),
      maxAttempts: 1,
    });
    try {
      return await assumeRole({ sessionName: doctorName, policy, tags, sourceIdentity });
    } finally {
      assumeRole.close();
    }
  }
}

/** The roles of the buckets, each with its buckets. */
export function rolesUnderTest(
  names: readonly BucketName[],
  buckets: Buckets,
  config: Config,
  backend: Backend,
): readonly RoleUnderTest[] {
  const byKey = new Map<string, { readonly role: BucketRole; readonly names: BucketName[] }>();
  for (const name of names) {
    const role = buckets.of(name).role ?? backend.store.role;
    if (role === undefined) continue;
    const key = roleKey(role);
    const known = byKey.get(key) ?? { role, names: [] };
    known.names.push(name);
    byKey.set(key, known);
  }
  return [...byKey.values()].map(
    (each) => new RoleUnderTest(each.role, each.names, config, backend, buckets),
  );
}
