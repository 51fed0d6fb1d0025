import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { LRUCache } from "lru-cache";
import type { RoleSession } from "../../access/role-session.ts";
import { ConcurrencyLimit } from "../../core/concurrency-limit.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { Region } from "../../core/object-address.ts";
import { describeSdkFailure } from "../../core/sdk-failure.ts";
import { unsignedPayload } from "../headers/content-sha256.ts";
import type { EndpointSettings } from "./endpoints.ts";

export interface S3ClientsOptions extends EndpointSettings {
  readonly metrics: Metrics;
  /** Until a connection stands. Default 3,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Until an answer begins, for calls that neither store, copy nor complete. Default 10,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** Without a byte in either direction, for every call. Default 60,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** The first attempt counts. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** Calls under way at once. Default 256. */
  readonly maxCalls?: number | undefined;
  /** For a place among them. Default 5,000. */
  readonly maxWaitMs?: number | undefined;
}

const maxSessions = 500;

/**
 * The SDK's S3 clients, one for each role session and region. They share their connections and cost
 * little to make; those of the sessions used last are kept.
 */
export class S3Clients {
  readonly #options: S3ClientsOptions;
  readonly #handler: ObjectTransferHandler;
  // Bounded, as a client weighs far more than the session it is made of, and the pool holds many of those.
  readonly #clients = new LRUCache<RoleSession, Map<Region, S3Client>>({ max: maxSessions });

  constructor(options: S3ClientsOptions) {
    this.#options = options;
    this.#handler = new ObjectTransferHandler(options);
  }

  for(session: RoleSession, region: Region): S3Client {
    let clients = this.#clients.get(session);
    if (clients === undefined) {
      clients = new Map();
      this.#clients.set(session, clients);
    }
    let client = clients.get(region);
    if (client === undefined) {
      client = this.#createClient(session, region);
      clients.set(region, client);
    }
    return client;
  }

  /** Ends the connections that all clients share. */
  close(): void {
    this.#handler.destroy();
  }

  #createClient(session: RoleSession, region: Region): S3Client {
    const {
      endpoint,
      forcePathStyle,
      useFips = false,
      useDualstack = false,
      maxAttempts = 3,
    } = this.#options;
    // Everything is said here, so that no client reads the environment and the profiles anew.
    const config: S3ClientConfig = {
      region,
      ...(endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
      forcePathStyle,
      useFipsEndpoint: useFips,
      useDualstackEndpoint: useDualstack,
      // Signature Version 4, as in the URLs that are handed out.
      authSchemePreference: [],
      // Without an expiration: near it the SDK would ask for new credentials at every call, and the
      // session pool is who decides how long a session serves.
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
    observeDuration(client, this.#options.metrics);
    leavePayloadUnsigned(client);
    return client;
  }
}

type HandleParameters = Parameters<NodeHttpHandler["handle"]>;

/**
 * A request that stores, copies or completes an object (S3's PUTs and POSTs) may take as long as
 * bytes move: it ends when the connection is idle. Every other one has to begin its answer within
 * the request timeout.
 */
class ObjectTransferHandler extends NodeHttpHandler {
  readonly #requestTimeoutMs: number;
  // Before the connections, of which there are always enough: the agent's own queue has no end to it, and
  // the SDK counts the time there as time to connect.
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
      // Without it a request timeout is only a warning in the log.
      throwOnRequestTimeout: true,
      logger: silent,
    });
    this.#requestTimeoutMs = requestTimeoutMs;
    const message = "Too many calls to S3 are under way. Try again later.";
    this.#turns = new ConcurrencyLimit({ maxRunning: maxCalls, maxWaitMs, message });
  }

  override handle(
    request: HandleParameters[0],
    options?: HandleParameters[1],
  ): ReturnType<NodeHttpHandler["handle"]> {
    const mayTakeLong = request.method === "PUT" || request.method === "POST";
    const requestTimeout = options?.requestTimeout ?? (mayTakeLong ? 0 : this.#requestTimeoutMs);
    return this.#turns.run(() => super.handle(request, { ...options, requestTimeout }));
  }
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const commandsWithBytes = new Set(["PutObjectCommand", "UploadPartCommand"]);

/**
 * Sends files without a hash of them in the signature, as presigned URLs do: the SDK would compute a SHA-256 of
 * every byte first. On their way the bytes are TLS's to protect; what is stored is held against its size, and
 * against its checksum where one was promised.
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
