import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { LRUCache } from "lru-cache";
import type { RoleSession } from "../../access/role-session.ts";
import type { Buckets } from "../../core/bucket-settings.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { BucketAddress, Region } from "../../core/object-address.ts";
import { nameBucketOwners } from "../client/bucket-owner.ts";
import type { EndpointSettings } from "../client/endpoint-settings.ts";
import type { Endpoints } from "../client/endpoints.ts";
import { unsignedPayload } from "../headers/content-sha256.ts";
import { SigningKeys } from "../signing/signing-key.ts";
import { sendDirectly } from "./direct-calls.ts";
import { ObjectTransferHandler, type ObjectTransferHandlerOptions } from "./object-transfer-handler.ts";
import { observeCalls } from "./observe-calls.ts";

export interface S3ClientsOptions extends ObjectTransferHandlerOptions {
  readonly endpoints: Pick<Endpoints, "fromServer">;
  /** Says which account has to own a bucket. */
  readonly buckets: Pick<Buckets, "of">;
  readonly metrics: Metrics;
  /** The number of attempts, including the first one. Default: 3. */
  readonly maxAttempts?: number | undefined;
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

  readonly #signingKeys = new SigningKeys({ maxEntries: 2 * maxSessions });

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

  #createClient(session: RoleSession, region: Region, settings: EndpointSettings): S3Client {
    const { endpoint, forcePathStyle, useFips = false, useDualstack = false } = settings;
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
    observeCalls(client, this.#options.metrics);
    leavePayloadUnsigned(client);
    nameBucketOwners(client, this.#options.buckets);
    const { buckets, metrics } = this.#options;
    const { credentials } = session;
    sendDirectly(client, { buckets, metrics, settings, region, credentials, signingKeys: this.#signingKeys });
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
