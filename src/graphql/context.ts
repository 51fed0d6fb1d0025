import type { S3Client } from "@aws-sdk/client-s3";
import type { Logger } from "pino";
import { createParameterDecorator } from "type-graphql";
import type { GrantedLimits } from "../access/authorization.ts";
import type { CallerGrants } from "../access/grants.ts";
import type { RoleSession } from "../access/role-session.ts";
import type { SessionOptions } from "../access/role-session-pool.ts";
import type { SessionPurpose } from "../access/session-policy.ts";
import { type LifetimeRequest, type UrlLifetime, urlLifetime } from "../access/url-lifetime.ts";
import { ConcurrencyLimit } from "../core/concurrency-limit.ts";
import type { BucketAddress, BucketName } from "../core/object-address.ts";
import type { Principal } from "../core/principal.ts";
import { activeSpan, spanFields } from "../core/tracing.ts";
import type { ObjectHead, StoredObject } from "../storage/objects/stored-object.ts";
import { Loaders } from "./loaders.ts";
import { RequestSessions, secondsForCall } from "./request-sessions.ts";
import { type S3Call, S3Calls } from "./s3-calls.ts";
import type { Services } from "./services.ts";
import { type StoredReport, toStoredEvent } from "./stored-event.ts";
import { Turns } from "./turns.ts";

/** The context of graphql-js. It has one property, so that a server with a schema of its own can add others. */
export interface GraphQLContext {
  readonly valetKey: RequestContext;
}

/** Passes the RequestContext to a resolver's method. */
export const Context = () =>
  createParameterDecorator<Partial<GraphQLContext>>(({ context }) => requestContextOf(context));

/** @throws {TypeError} if the schema is executed with a context of another server */
export function requestContextOf({ valetKey }: Partial<GraphQLContext>): RequestContext {
  if (valetKey !== undefined) return valetKey;
  throw new TypeError(
    "The context lacks `valetKey`: spread `await valetKey.context({ principal })` into it for each request.",
  );
}

/** A hook has this long even if the request's time is nearly over, because the object is stored by then. */
const minHookMs = 5_000;

export interface RequestContextOptions {
  readonly principal: Principal;
  readonly grants: CallerGrants;
  readonly requestId: string;
  readonly log: Logger;
  /** The connection that carries the response. */
  readonly connection: { readonly destroyed: boolean };
  /** Whether the request sends files. If so, it has no deadline. */
  readonly sendsFiles: boolean;
  /** Waits until an operation with this many values may run. Default: it may run at once. */
  readonly admit?: ((values: number) => Promise<void> | undefined) | undefined;
}

/**
 * What the resolvers of one request share. Creating it costs nothing: the role is assumed once, when the first
 * resolver needs S3, and all resolvers use that session and its S3 clients.
 */
export class RequestContext {
  readonly services: Services;
  readonly principal: Principal;
  readonly grants: CallerGrants;
  readonly requestId: string;
  readonly admit: RequestContextOptions["admit"];
  /** Requests that changed something or failed are logged at level info, others at debug. */
  logAtInfo = false;
  readonly #serverLog: Logger;
  readonly #connection: RequestContextOptions["connection"];
  readonly #deadlineMs: number;
  readonly #sessions: RequestSessions;
  #loaders: Loaders | undefined;
  #turns: Turns | undefined;
  #calls: S3Calls | undefined;
  #signatures: ConcurrencyLimit | undefined;

  constructor(
    services: Services,
    { principal, grants, requestId, log, connection, sendsFiles, admit }: RequestContextOptions,
  ) {
    this.services = services;
    this.principal = principal;
    this.grants = grants;
    this.requestId = requestId;
    this.admit = admit;
    this.#sessions = new RequestSessions(services.roles, { principal, grants });
    this.#serverLog = log;
    this.#connection = connection;
    this.#deadlineMs = sendsFiles ? Infinity : performance.now() + services.maxRequestMs;
  }

  get loaders(): Loaders {
    this.#loaders ??= new Loaders(this.#s3Calls);
    return this.#loaders;
  }

  get turns(): Turns {
    this.#turns ??= new Turns();
    return this.#turns;
  }

  /** Written with every log line of this request. CloudTrail records the same session name. */
  get logFields() {
    const { sessionName } = this.#sessions;
    return { requestId: this.requestId, sessionName, ...spanFields(activeSpan()) };
  }

  /** Created on use: a logger for every request would cost more than its log line. */
  get log(): Logger {
    return this.#serverLog.child(this.logFields);
  }

  /** @throws {ValetKeyError} BAD_USER_INPUT (expiresIn, stableFor), with the allowed maximum */
  urlLifetime(
    bucket: BucketName,
    request: LifetimeRequest,
    { maxExpiresSeconds }: GrantedLimits,
  ): UrlLifetime {
    const { sessions, clock } = this.services.roles.of(bucket);
    const limits = { maxGrantedSeconds: maxExpiresSeconds, maxSessionSeconds: sessions.maxUrlSeconds };
    return urlLifetime(request, limits, clock());
  }

  /** The time at the bucket's store, for signatures. */
  now(bucket: BucketName): Date {
    return new Date(this.services.roles.of(bucket).clock());
  }

  /** The role session that signs a URL of this lifetime. */
  sessionFor(
    bucket: BucketName,
    { sessionMustOutliveSeconds, asOf, mayShorten }: UrlLifetime,
  ): Promise<RoleSession> {
    return this.session(bucket, sessionMustOutliveSeconds, { asOf, mayShorten });
  }

  /** The caller's session of the bucket's role: see `RequestSessions`. */
  session(bucket: BucketName, mustOutliveSeconds?: number, options?: SessionOptions): Promise<RoleSession> {
    return this.#sessions.get(bucket, mustOutliveSeconds, options);
  }

  async s3(address: BucketAddress, purpose?: SessionPurpose): Promise<S3Client> {
    const session = await this.session(address.bucket, secondsForCall, { purpose });
    return this.services.s3Clients.for(session, address);
  }

  /** For work that takes longer than a role session lives: a client with a session that is valid now. */
  async freshS3(address: BucketAddress): Promise<S3Client> {
    this.#sessions.forget();
    return this.s3(address);
  }

  get #s3Calls(): S3Calls {
    this.#calls ??= new S3Calls({
      bucketRegions: this.services.bucketRegions,
      clientFor: (address, purpose) => this.s3(address, purpose),
      connection: this.#connection,
      deadlineMs: this.#deadlineMs,
    });
    return this.#calls;
  }

  /** Runs a call to S3 with the limits of this request: see `S3Calls.callS3`. */
  callS3<Address extends BucketAddress, Result>(
    address: Address,
    call: S3Call<Address, Result>,
    purpose?: SessionPurpose,
  ): Promise<Result> {
    return this.#s3Calls.callS3(address, call, purpose);
  }

  /** For calls inside of a call. `callS3` would wait forever there. */
  callS3Nested<Address extends BucketAddress, Result>(
    address: Address,
    call: S3Call<Address, Result>,
    purpose?: SessionPurpose,
  ): Promise<Result> {
    return this.#s3Calls.callS3Nested(address, call, purpose);
  }

  /**
   * Signs with a key that is slow. A request has at most two such signatures in progress, so that the batch of one caller
   * does not hold up the others, and makes no more of them after the client has disconnected.
   */
  inTurnToSign<Result>(sign: () => Promise<Result>): Promise<Result> {
    this.#signatures ??= new ConcurrencyLimit({ maxRunning: 2 });
    return this.#signatures.run(() => {
      this.#s3Calls.assertClientWaits();
      return sign();
    });
  }

  /**
   * After an object was stored: drops what the loaders know about it, and calls the operator's hook.
   * @throws {ValetKeyError} if the hook does not accept the object, which stays stored
   */
  async wrote(stored: StoredObject & Partial<ObjectHead>, report: StoredReport): Promise<void> {
    this.loaders.wrote(stored);
    const { objectStored, maxRequestMs } = this.services;
    if (objectStored === undefined) return;
    const event = toStoredEvent(stored, report, this.principal);
    const leftMs = Math.min(this.#deadlineMs - performance.now(), maxRequestMs);
    await objectStored.call(event, { timeoutMs: Math.max(Math.ceil(leftMs), minHookMs), once: report.once });
  }

  /**
   * Returns the address with the bucket's actual region, and asks S3 for it if necessary. This is for requests that
   * cannot be repeated.
   */
  async discoverRegion<Address extends BucketAddress>(address: Address): Promise<Address> {
    const { bucket, region } = address;
    if (!this.services.bucketRegions.isKnown(bucket)) await this.loaders.bucket.load({ bucket, region });
    return this.applyKnownRegion(address);
  }

  /** Returns the address with the bucket's region, as far as it is known without a call to S3. */
  applyKnownRegion<Address extends BucketAddress>(address: Address): Address {
    return { ...address, region: this.services.bucketRegions.regionOf(address.bucket, address.region) };
  }
}
