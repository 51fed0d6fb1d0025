import type { Grant, Principal, StoredEvent } from "./types.ts";
import type { Log } from "./valet-key.ts";

/** A size in bytes: an integer, or a text such as `"64MiB"`. */
export type ByteSize = number | string;

/**
 * The settings of Valet Key. Each setting without a description of its own means the same as the environment variable of
 * that name, has the same default, and is checked as strictly: `maxUploadBytes` is `VALETKEY_MAX_UPLOAD_BYTES`,
 * `awsRegion` is `AWS_REGION`. docs/configuration.md describes them.
 */
export interface ValetKeySettings {
  /**
   * The role of buckets that name none in `grants`. Without it, and unless every granted bucket names a role, the embedded
   * store is started, which is for development and tests.
   */
  roleArn?: string | undefined;
  externalId?: string | undefined;
  /** Seconds, 900 to 43,200. */
  sessionSeconds?: number | undefined;
  sessionTags?: boolean | undefined;
  sourceIdentity?: boolean | undefined;
  awsRegion?: string | undefined;
  regions?: readonly string[] | string | undefined;
  forcePathStyle?: boolean | undefined;
  publicEndpointUrl?: string | URL | undefined;
  /**
   * The access file: its path, or what it contains. With a role, either this or `authorize` is required. Without a role,
   * and without `authorize`, everyone may use the embedded store's bucket `demo`.
   */
  grants?: string | AccessRules | undefined;
  /** At least 32 bytes, the same in every process. The first of several seals upload ids, and all of them open upload ids. */
  secret?: string | readonly string[] | undefined;
  multipartBytes?: ByteSize | undefined;
  maxUploadBytes?: ByteSize | undefined;
  maxFiles?: number | undefined;
  /** Bytes per second and caller that Valet Key's own endpoint reads of forms with files. Default: no limit. */
  uploadBytesPerSecond?: ByteSize | undefined;
  /** `"production"` refuses to start the embedded store. */
  nodeEnv?: string | undefined;
  logLevel?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent" | undefined;
  /** The embedded store's folder. Two stores never share one. Default: `.valetkey`. */
  dataDir?: string | undefined;
  /** The embedded store's port. Default: any free one. */
  storePort?: number | undefined;
  /** The address on which the embedded store listens. Default: `127.0.0.1`. */
  host?: string | undefined;

  /** Whose tokens are accepted where Valet Key is mounted with its own HTTP handler and without `authenticate`. */
  jwksUrl?: string | URL | undefined;
  /** An issuer, or several separated by commas. Without `jwksUrl`, each is discovered by OpenID Connect. */
  jwtIssuer?: string | undefined;
  jwtAudience?: string | undefined;
  jwtAlgorithms?: readonly string[] | string | undefined;
  origins?: readonly string[] | string | undefined;
  /** Serves the schema as a subgraph of Apollo Federation 2. */
  federation?: boolean | undefined;
  /** Whether Valet Key's own endpoint executes known documents without Apollo's pipeline. Default: true. */
  prepared?: boolean | undefined;
  /** Manifests in Apollo's format, or `@valetkey/client`. Valet Key's own endpoint executes only their operations. */
  persistedOperations?: readonly string[] | string | undefined;
  tokenCookie?: string | undefined;
  /** Whose `X-Forwarded-For` `valetKeyExpress` believes on a plain Node server. Express and Fastify use their own setting. */
  trustProxy?: readonly string[] | string | number | undefined;
  /** Such as `"100/1s"`. */
  rateLimit?: string | undefined;

  /** Only the stand-alone server uses these. They are accepted because the environment may contain them. */
  port?: number | undefined;
  workers?: number | "auto" | undefined;
  drainDelaySeconds?: number | undefined;
  drainSeconds?: number | undefined;
  metrics?: boolean | undefined;
  metricsPort?: number | undefined;
  accessLog?: boolean | undefined;
  web?: boolean | undefined;
  redisUrl?: string | undefined;
}

/** The content of an access file. docs/configuration.md describes it. */
export interface AccessRules {
  /** Who may do what. Each rule adds to the others. */
  grants: readonly AccessRule[];
  /** Facts about buckets, by their names. */
  buckets?: Readonly<Record<string, AccessBucket>> | undefined;
}

/** The settings of one bucket. */
export interface AccessBucket {
  /** Default: S3 is asked for it. */
  region?: string | undefined;
  /** The ARN of the role that is assumed for this bucket. */
  role?: string | undefined;
  /** The external id that the role's trust policy demands. */
  externalId?: string | undefined;
  /** The profile of AWS's shared files whose credentials assume the role. */
  profile?: string | undefined;
  /** The ARN of the KMS key that uploads ask for. */
  kmsKey?: string | undefined;
  /** The account that has to own the bucket: 12 digits. */
  owner?: string | undefined;
  /** The storage class of uploads that do not name one. */
  storageClass?: string | undefined;
  /** Whether URLs use S3 Transfer Acceleration. */
  accelerate?: boolean | undefined;
  /** Whether URLs use endpoints with IPv4 and IPv6. */
  dualStack?: boolean | undefined;
  /** The origin of another store. It needs a role of that store. */
  endpoint?: string | undefined;
  /** The store's origin in what is signed for clients. */
  publicEndpoint?: string | undefined;
  /** The origin of the STS that assumes the role. */
  stsEndpoint?: string | undefined;
  /** Whether the bucket's name is in the path of URLs instead of in their host. */
  forcePathStyle?: boolean | undefined;
  /** The CloudFront distribution through which clients download objects. */
  cdn?: AccessCdn | undefined;
}

/** `url` is the origin of the distribution, and `keyPairId` the id of the public key in CloudFront. */
export interface AccessCdn {
  /** The origin of the distribution. */
  url: string;
  /** The id of the public key in CloudFront. */
  keyPairId: string;
  /** A PEM file with an unencrypted private key: RSA of 2,048 bits, or ECDSA on P-256. */
  privateKeyFile: string;
}

/** A rule of the access file: who may do what below one prefix. */
export interface AccessRule {
  /** `service` is the caller of `asService()`, whom no token matches. A mapping names claims, all of which must match. */
  who:
    | "anonymous"
    | "authenticated"
    | "service"
    | Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>;
  /** The bucket's name. */
  bucket: string;
  /** `{sub}` and other claims in braces are replaced by the caller's. Default: the whole bucket. */
  prefix?: string | undefined;
  /** At least one action. */
  allow: Grant["allow"];
  /** The largest file. Default: no limit but that of the server. */
  maxUploadBytes?: ByteSize | undefined;
  /** Media types without parameters, or `image/*`. Default: any. */
  contentTypes?: readonly string[] | undefined;
  /** Seconds. */
  maxExpiresSeconds?: number | undefined;
}

/** The settings, and functions of your server. All of them are optional. */
export interface ValetKeyOptions extends ValetKeySettings {
  /**
   * Called with what the store has confirmed, before the caller hears of success. When it rejects, the caller's request
   * fails too, although the object is stored. An object may be reported more than once, so handle the same `bucket`,
   * `key`, `etag` and `versionId` only once. `signal` is aborted when the caller is no longer waiting.
   */
  onObjectStored?:
    | ((event: StoredEvent, options: { readonly signal: AbortSignal }) => void | Promise<void>)
    | undefined;
  /**
   * Replaces the verification of tokens: returns whom a request comes from. When it rejects, or returns anything but a
   * principal, the request fails with `UNAUTHENTICATED`.
   */
  authenticate?: ((request: { headers: Headers }) => Principal | Promise<Principal>) | undefined;
  /**
   * What a caller may do, from code: in addition to the access file if there is one, otherwise instead of it. The result
   * is cached for each caller; see `authorizeCacheSeconds`. When it rejects, the caller's request fails with `FORBIDDEN`.
   * Grants that the access file would not accept make it fail with `INTERNAL_SERVER_ERROR`. It is not called for
   * `asService()`.
   */
  authorize?: ((principal: Principal) => readonly Grant[] | Promise<readonly Grant[]>) | undefined;
  /** How many seconds the result of `authorize` is used for the same caller. `0` asks for every request. Default: 30. */
  authorizeCacheSeconds?: number | undefined;
  /** A pino logger, such as Fastify's `app.log`. Default: a log of its own, as JSON to the standard output. */
  log?: Log | undefined;
}
