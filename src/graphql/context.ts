import type { S3Client } from "@aws-sdk/client-s3";
import pLimit, { type LimitFunction } from "p-limit";
import type { Logger } from "pino";
import type { GrantedLimits } from "../access/authorization.ts";
import type { CallerGrants } from "../access/grants.ts";
import type { RoleSession } from "../access/role-session.ts";
import type { SessionOptions } from "../access/role-sessions.ts";
import type { SessionPurpose } from "../access/session-policy.ts";
import { type LifetimeRequest, type UrlLifetime, urlLifetime } from "../access/url-lifetime.ts";
import { ValetKeyError } from "../core/errors.ts";
import type { BucketAddress, Region } from "../core/object-address.ts";
import type { Principal } from "../core/principal.ts";
import { bucketExists } from "../storage/objects/head-object.ts";
import { Loaders } from "./loaders.ts";
import type { Services } from "./services.ts";

/** S3 looks at the credentials when a call arrives, so this is for the way there and a retry. */
const secondsForCall = 10;
/** Calls to S3 that one request has under way at a time. The other requests' calls share the rest. */
const parallelCalls = 32;

export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  readonly log: Logger;
  /** By which the answer goes. */
  readonly connection: { readonly destroyed: boolean };
  /** The request brings files, and takes as long as they do. */
  readonly sendsFiles: boolean;
}

/** What a request has looked up or made so far. */
interface Held {
  grants?: CallerGrants;
  loaders?: Loaders;
  sessionName?: string;
  isNotable?: boolean;
  calls?: LimitFunction;
  readonly sessions: Map<string, { mustOutliveSeconds: number; session: Promise<RoleSession> }>;
}

/**
 * What the resolvers of one request share. Making it costs nothing: the role is assumed when the
 * first resolver needs S3, once, and all of them use that session and the S3 clients made of it.
 */
export class RequestContext {
  readonly services: Services;
  readonly principal: Principal;
  readonly requestId: string;
  private readonly serverLog: Logger;
  private readonly connection: Caller["connection"];
  private readonly callsUntilMs: number;
  // An object, and not #names: Apollo gives resolvers a copy made by Object.assign, which shares the one and lacks the others.
  private readonly held: Held = { sessions: new Map() };

  constructor(services: Services, { principal, requestId, log, connection, sendsFiles }: Caller) {
    this.services = services;
    this.principal = principal;
    this.requestId = requestId;
    this.serverLog = log;
    this.connection = connection;
    this.callsUntilMs = sendsFiles ? Infinity : performance.now() + services.longestRequestMs;
  }

  get grants(): CallerGrants {
    this.held.grants ??= this.services.grants.grantsFor(this.principal);
    return this.held.grants;
  }

  get loaders(): Loaders {
    this.held.loaders ??= new Loaders(this);
    return this.held.loaders;
  }

  /** What each line of the log says of this request: its id and, once there is one, the session name that CloudTrail has too. */
  get logFields(): { readonly requestId: string; readonly sessionName: string | undefined } {
    return { requestId: this.requestId, sessionName: this.held.sessionName };
  }

  /** It changed something, or went wrong: worth a line of the log. */
  get isNotable(): boolean {
    return this.held.isNotable ?? false;
  }

  set isNotable(isNotable: boolean) {
    this.held.isNotable = isNotable;
  }

  /** Made when there is something to say: a logger for each request would cost more than its line. */
  get log(): Logger {
    return this.serverLog.child(this.logFields);
  }

  /** @throws {ValetKeyError} BAD_USER_INPUT (expiresIn, stableFor), with the allowed maximum */
  urlLifetime(request: LifetimeRequest, { maxExpiresSeconds }: GrantedLimits): UrlLifetime {
    const { sessions, clock } = this.services;
    const limits = { maxGrantedSeconds: maxExpiresSeconds, maxSessionSeconds: sessions.maxUrlSeconds };
    return urlLifetime(request, limits, clock());
  }

  /** The role session that signs a URL of this lifetime. */
  sessionFor({ sessionMustOutliveSeconds, asOf, mayShorten }: UrlLifetime): Promise<RoleSession> {
    return this.session(sessionMustOutliveSeconds, { asOf, mayShorten });
  }

  /** The caller's role session. One request keeps using the same session while it lives long enough. */
  session(mustOutliveSeconds = secondsForCall, options: SessionOptions = {}): Promise<RoleSession> {
    const { purpose = "objects", asOf, mayShorten = false } = options;
    const kind = `${purpose} ${asOf?.getTime()} ${mayShorten}`;
    const inUse = this.held.sessions.get(kind);
    if (inUse !== undefined && inUse.mustOutliveSeconds >= mustOutliveSeconds) return inUse.session;
    const session = this.services.sessions
      .get({ principal: this.principal, grants: this.grants }, mustOutliveSeconds, options)
      .then((assumed) => {
        this.held.sessionName = assumed.sessionName;
        return assumed;
      });
    this.held.sessions.set(kind, { mustOutliveSeconds, session });
    return session;
  }

  async s3(region: Region, purpose?: SessionPurpose): Promise<S3Client> {
    return this.services.s3Clients.for(await this.session(secondsForCall, { purpose }), region);
  }

  /** For what goes on for longer than a role session lives: a session that lives now, whenever that is. */
  async freshS3(region: Region): Promise<S3Client> {
    this.held.sessions.clear();
    return this.s3(region);
  }

  /**
   * Runs a call to S3 in the bucket's own region, which is learned when it is not the one given. So many
   * run at once: one that awaits another would wait for ever, once all of them do.
   */
  inRegionOf<Address extends BucketAddress, Result>(
    address: Address,
    call: (s3: S3Client, address: Address) => Promise<Result>,
    purpose?: SessionPurpose,
  ): Promise<Result> {
    this.held.calls ??= pLimit(parallelCalls);
    return this.held.calls(() => {
      this.requireSomebodyWaiting();
      return this.withinCall(address, call, purpose);
    });
  }

  /** Of a batch that is cut off here, what was begun is finished: each call has an end of its own. */
  private requireSomebodyWaiting(): void {
    if (this.connection.destroyed) throw new ValetKeyError("TIMEOUT", "The client has gone.");
    if (performance.now() > this.callsUntilMs) {
      throw new ValetKeyError("TIMEOUT", "The request took too long: ask for less at once.");
    }
  }

  /** The same for what such a call awaits: it goes in that one's place. */
  withinCall<Address extends BucketAddress, Result>(
    address: Address,
    call: (s3: S3Client, address: Address) => Promise<Result>,
    purpose?: SessionPurpose,
  ): Promise<Result> {
    return this.services.bucketRegions.inRegionOf(address.bucket, address.region, async (region) =>
      call(await this.s3(region, purpose), { ...address, region }),
    );
  }

  /** The address with the bucket's own region, for what can be sent only once. */
  async inTrueRegion<Address extends BucketAddress>(address: Address): Promise<Address> {
    // Where clients can name one region only, there is nothing to find out.
    if (this.services.regions.allowed.length > 1) await this.inRegionOf(address, bucketExists);
    return this.inKnownRegion(address);
  }

  /** Where a signature for the bucket has to be made out for, as far as is known. */
  inKnownRegion<Address extends BucketAddress>(address: Address): Address {
    return { ...address, region: this.services.bucketRegions.regionOf(address.bucket, address.region) };
  }
}
