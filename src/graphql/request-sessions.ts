import type { RoleConnections } from "../access/role-connections.ts";
import type { RoleSession } from "../access/role-session.ts";
import type { RoleSessionPool, SessionOptions } from "../access/role-session-pool.ts";
import type { SessionCaller } from "../access/session-request.ts";
import type { BucketName } from "../core/object-address.ts";

/** S3 checks the credentials when a call arrives. Ten seconds are enough for the call to arrive, and for a retry. */
export const secondsForCall = 10;

interface SessionInUse {
  readonly mustOutliveSeconds: number;
  readonly session: Promise<RoleSession>;
}

/** The role sessions of one request. It keeps using the same session of a role while that lives long enough. */
export class RequestSessions {
  readonly #roles: RoleConnections;
  readonly #caller: SessionCaller;
  readonly #inUse = new Map<RoleSessionPool, Map<string, SessionInUse>>();
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
    const ofRole = this.#inUseOf(pool);
    const kind = `${purpose} ${asOf?.getTime()} ${mayShorten}`;
    const inUse = ofRole.get(kind);
    if (inUse !== undefined && inUse.mustOutliveSeconds >= mustOutliveSeconds) return inUse.session;
    const session = pool.get(this.#caller, mustOutliveSeconds, options).then((assumed) => {
      this.#sessionName = assumed.sessionName;
      return assumed;
    });
    ofRole.set(kind, { mustOutliveSeconds, session });
    return session;
  }

  /** After this, each session is requested from its pool again. */
  forget(): void {
    this.#inUse.clear();
  }

  #inUseOf(pool: RoleSessionPool): Map<string, SessionInUse> {
    let sessions = this.#inUse.get(pool);
    if (sessions === undefined) {
      sessions = new Map();
      this.#inUse.set(pool, sessions);
    }
    return sessions;
  }
}
