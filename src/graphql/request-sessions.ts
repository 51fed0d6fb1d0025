import type { RoleConnections } from "../access/role-connections.ts";
import type { RoleSession } from "../access/role-session.ts";
import type { RoleSessionPool, SessionOptions } from "../access/role-session-pool.ts";
import type { SessionPurpose } from "../access/session-policy.ts";
import type { SessionCaller } from "../access/session-request.ts";
import type { BucketName } from "../core/object-address.ts";

/** S3 checks the credentials when a call arrives. Ten seconds are enough for the call to arrive, and for a retry. */
export const secondsForCall = 10;

interface SessionInUse {
  readonly pool: RoleSessionPool;
  readonly purpose: SessionPurpose;
  readonly asOfMs: number | undefined;
  readonly mayShorten: boolean;
  readonly mustOutliveSeconds: number;
  readonly session: Promise<RoleSession>;
}

/** The role sessions of one request. It keeps using the same session of a role while that lives long enough. */
export class RequestSessions {
  readonly #roles: RoleConnections;
  readonly #caller: SessionCaller;
  /** Few: one for each role and way of using it. */
  #inUse: SessionInUse[] = [];
  #sessionName: string | undefined;

  constructor(roles: RoleConnections, caller: SessionCaller) {
    this.#roles = roles;
    this.#caller = caller;
  }

  /** The name of the last session, as CloudTrail shows it. */
  get sessionName(): string | undefined {
    return this.#sessionName;
  }

  /** The caller's session of the bucket's role. */
  get(
    bucket: BucketName,
    mustOutliveSeconds = secondsForCall,
    options: SessionOptions = {},
  ): Promise<RoleSession> {
    const { purpose = "objects", asOf, mayShorten = false } = options;
    const pool = this.#roles.of(bucket).sessions;
    const asOfMs = asOf?.getTime();
    const isSame = (other: SessionInUse) =>
      other.pool === pool &&
      other.purpose === purpose &&
      other.asOfMs === asOfMs &&
      other.mayShorten === mayShorten;
    const inUse = this.#inUse.find(isSame);
    if (inUse !== undefined && inUse.mustOutliveSeconds >= mustOutliveSeconds) return inUse.session;
    const session = pool.get(this.#caller, mustOutliveSeconds, options).then((assumed) => {
      this.#sessionName = assumed.sessionName;
      return assumed;
    });
    this.#inUse = this.#inUse.filter((other) => other !== inUse);
    this.#inUse.push({ pool, purpose, asOfMs, mayShorten, mustOutliveSeconds, session });
    return session;
  }

  /** After this, each session is requested from its pool again. */
  forget(): void {
    this.#inUse = [];
  }
}
