import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { LRUCache } from "lru-cache";
import type { RoleSession } from "../../access/role-session.ts";
import type { Buckets } from "../../core/bucket-settings.ts";
import { ConcurrencyLimit } from "../../core/concurrency-limit.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { BucketAddress, Region } from "../../core/object-address.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import { unsignedPayload } from "../headers/content-sha256.ts";
import { nameBucketOwners } from "./bucket-owner.ts";
import type { EndpointSettings } from "./endpoint-settings.ts";
import type { Endpoints } from "./endpoints.ts";
import { traceCalls } from "./trace-calls.ts";

export interface S3ClientsOptions {
  readonly endpoints: Pick<Endpoints, "fromServer">;
  /** Says which account has to own a bucket. */
  readonly buckets: Pick<Buckets, "of">;
  readonly metrics: Metrics;
  /** The time to establish a connection. Default: 3,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The time until a response begins, for calls that neither store, copy nor complete. Default: 10,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** The time without a byte in either direction, for every call. Default: 60,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** The number of attempts, including the first one. Default: 3. */
  readonly maxAttempts?: number | undefined;
  /** The number of concurrent calls. Default: 256. */
  readonly maxCalls?: number | undefined;
  /** How long a call may wait for its turn. Default: 5,000. */
  readonly maxWaitMs?: number | undefined;
}

const maxSessions = 500;

type ClientsOfSession = Map<EndpointSettings, Map<Region, S3Client>>;

/**
 * The SDK's S3 clients, one for each role session, store and region. They share their connections and are cheap to
 * create. Those of the most recently used sessions are kept.
 */
export class S3Clients {
  readonly #options: S3ClientsOptions;
  readonly #handler: ObjectTransferHandler;
  // The number is limited, because a client takes far more memory than its session, and the pool holds many sessions.
  readonly #clients = new LRUCache<RoleSession, ClientsOfSession>({ max: maxSessions });

  constructor(options: S3ClientsOptions) {
    this.#options = options;
    this.#handler = new ObjectTransferHandler(options);
  }

  /** A client for the bucket, in its region. */
  for(session: RoleSession, { bucket, region }: BucketAddress): S3Client {
    const settings = this.#options.endpoints.fromServer(bucket);
    const ofSession = getOrCreate<RoleSession, ClientsOfSession>(this.#clients, session, () => new Map());
    const ofStore = getOrCreate(ofSession, settings, () => new Map<Region, S3Client>());
    return getOrCreate(ofStore, region, () => this.#createClient(session, region, settings));
  }

  /** Closes the connections that all clients share. */
  close(): void {
    this.#handler.destroy();
  }

  #createClient(
    session: RoleSession,
    region: Region,
    { endpoint, forcePathStyle, useFips = false, useDualstack = false }: EndpointSettings,
  ): S3Client {
    const { maxAttempts = 3 } = this.#options;
    // Every setting is given here, so that no client reads the environment and the profiles again.
    const config: S3ClientConfig = {
      region,
      ...(endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
      forcePathStyle,
      useFipsEndpoint: useFips,
      useDualstackEndpoint: useDualstack,
      // Signature Version 4, as in presigned URLs.
      authSchemePreference: [],
      // The credentials have no expiration here. Otherwise the SDK would request new ones for every call shortly before
      // they expire. The session pool decides how long a session is used.
      credentials: { ...session.credentials },
      requestHandler: this.#handler,
      retryMode: "standard",
      maxAttempts,
      defaultsMode: "standard",
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      followRegionRedirects: false,
      disableS3ExpressSessionAuth: true,
      useArnRegion: false,
      userAgentAppId: "valetkey",
    };
    const client = new S3Client(config);
    traceCalls(client);
    observeDuration(client, this.#options.metrics);
    leavePayloadUnsigned(client);
    nameBucketOwners(client, this.#options.buckets);
    return client;
  }
}

interface Cache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function getOrCreate<Key, Value>(cache: Cache<Key, Value>, key: Key, create: () => Value): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const created = create();
  cache.set(key, created);
  return created;
}

type HandleParameters = Parameters<NodeHttpHandler["handle"]>;

/**
 * A request that stores, copies or completes an object may take as long as bytes are transferred, and ends when the
 * connection is idle. For every other request a response has to begin within the request timeout.
 */
class ObjectTransferHandler extends NodeHttpHandler {
  readonly #requestTimeoutMs: number;
  // Calls are limited here and not by the agent, whose queue is unbounded and whose waiting time the SDK counts as time
  // to connect.
  readonly #turns: ConcurrencyLimit;

  constructor({
    connectTimeoutMs = 3_000,
    requestTimeoutMs = 10_000,
    idleTimeoutMs = 60_000,
    maxCalls = 256,
    maxWaitMs = 5_000,
  }: S3ClientsOptions) {
    super({
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true }),
      connectionTimeout: connectTimeoutMs,
      socketTimeout: idleTimeoutMs,
      // Without this, a request timeout only logs a warning.
      throwOnRequestTimeout: true,
      logger: silent,
    });
    this.#requestTimeoutMs = requestTimeoutMs;
    const message = "Too many calls to S3 are in progress. Try again later.";
    this.#turns = new ConcurrencyLimit({ maxRunning: maxCalls, maxWaitMs, message });
  }

  override handle(
    request: HandleParameters[0],
    options?: HandleParameters[1],
  ): ReturnType<NodeHttpHandler["handle"]> {
    const { method, query } = request;
    const completesUpload = method === "POST" && query.uploadId !== undefined;
    const mayTakeLong = method === "PUT" || completesUpload;
    const requestTimeout = options?.requestTimeout ?? (mayTakeLong ? 0 : this.#requestTimeoutMs);
    return this.#turns.run(() => super.handle(request, { ...options, requestTimeout }));
  }
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const commandsWithBytes = new Set(["PutObjectCommand", "UploadPartCommand"]);

/**
 * Sends files without their hash in the signature, as presigned URLs do. The SDK would compute the SHA-256 of every byte
 * first. TLS protects the bytes in transit, and S3 verifies their number and, if there is one, their checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function leavePayloadUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        if (commandsWithBytes.has(commandName)) headers["x-amz-content-sha256"] = unsignedPayload;
        return next(args);
      },
    { step: "build", name: "leavePayloadUnsigned" },
  );
}

type Outcome = "ok" | "client_error" | "server_error" | "unreachable";

function observeDuration(client: S3Client, { s3RequestDuration }: Metrics): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const startedAtMs = performance.now();
      let outcome: Outcome = "ok";
      try {
        return await next(args);
      } catch (error) {
        outcome = outcomeOf(error);
        throw error;
      } finally {
        const operation = context.commandName?.replace(/Command$/, "") ?? "unknown";
        s3RequestDuration.observe({ operation, outcome }, (performance.now() - startedAtMs) / 1000);
      }
    },
    { step: "initialize", priority: "high", name: "observeDuration" },
  );
}

function outcomeOf(error: unknown): Outcome {
  const { httpStatus } = describeSdkFailure(error);
  if (httpStatus === undefined) return "unreachable";
  return httpStatus >= 500 ? "server_error" : "client_error";
}
