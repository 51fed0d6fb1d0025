import { type BucketRole, type Buckets, roleKey } from "../core/bucket-settings.ts";
import type { Clock } from "../core/clock.ts";
import { ValetKeyError } from "../core/errors.ts";
import type { BucketName } from "../core/object-address.ts";
import { quoted } from "../core/quoted.ts";
import type { CredentialsIssuer } from "./credentials-issuer.ts";
import type { RoleSessionPool } from "./role-session-pool.ts";
import type { RoleBuckets } from "./session-request.ts";
import type { Health } from "./sts-health.ts";

/** A role that buckets are used with. */
export interface RoleConnection {
  readonly sessions: RoleSessionPool;
  /** For the credentials that clients get. */
  readonly credentials: CredentialsIssuer;
  /** The time of the role's STS and S3. Signatures are made with it. */
  readonly clock: Clock;
  /** Whether STS is not called for this role now, because it has failed. */
  isBreakerOpen(): boolean;
  close(): void;
}

export interface RoleConnectionsOptions {
  readonly buckets: Buckets;
  /** The role of buckets that name none. Undefined: every bucket has to name one. */
  readonly defaultRole: BucketRole | undefined;
  /** Called once for each role, when a bucket of it is first used. */
  readonly connect: (role: BucketRole, buckets: RoleBuckets) => RoleConnection;
}

/** The roles of all buckets. Two buckets with the same role share its sessions. */
export class RoleConnections {
  readonly #options: RoleConnectionsOptions;
  readonly #connections = new Map<string, RoleConnection>();

  constructor(options: RoleConnectionsOptions) {
    this.#options = options;
  }

  /** Whether the bucket names a role, or there is a default role. */
  readonly hasRole = (bucket: BucketName): boolean => this.#roleOf(bucket) !== undefined;

  /** @throws {ValetKeyError} FORBIDDEN without a role. No grant is for such a bucket, but a command may name it. */
  of(bucket: BucketName): RoleConnection {
    const role = this.#roleOf(bucket);
    if (role === undefined) {
      throw new ValetKeyError("FORBIDDEN", `No role is configured for the bucket ${quoted(bucket)}.`);
    }
    const key = roleKey(role);
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const { buckets, connect } = this.#options;
    const connection = connect(role, {
      of: (each) => buckets.of(each),
      includes: (each) => {
        const other = this.#roleOf(each);
        return other !== undefined && roleKey(other) === key;
      },
    });
    this.#connections.set(key, connection);
    return connection;
  }

  /** Fails only if no role works: a single role that is refused must not stop the requests for all other buckets. */
  health(): Health {
    const all = [...this.#connections.values()].map(({ sessions }) => sessions.health());
    return all.find(({ ok }) => ok) ?? all[0] ?? { ok: true };
  }

  /** For how many roles STS is not called now, because it has failed. */
  get openBreakers(): number {
    return [...this.#connections.values()].filter((connection) => connection.isBreakerOpen()).length;
  }

  /** Closes roles that no bucket names any more. Called after the settings of buckets were replaced. */
  closeUnused(): void {
    const { buckets, defaultRole } = this.#options;
    const roles = [defaultRole, ...[...buckets.all().values()].map(({ role }) => role)];
    const used = new Set(roles.flatMap((role) => (role === undefined ? [] : [roleKey(role)])));
    for (const [key, connection] of this.#connections) {
      if (used.has(key)) continue;
      this.#connections.delete(key);
      connection.close();
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #roleOf(bucket: BucketName): BucketRole | undefined {
    const { buckets, defaultRole } = this.#options;
    return buckets.of(bucket).role ?? defaultRole;
  }
}
