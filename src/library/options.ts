import type { Grant, Principal, StoredEvent } from "./types.ts";
import type { Log } from "./valet-key.ts";

/** A size in bytes: an integer, or a text such as `"64MiB"`. */
export type ByteSize = number | string;

/**
 * The settings of Valet Key. Each setting means the same as the environment variable of that name, and is checked as
 * strictly: `maxUploadBytes` is `VALETKEY_MAX_UPLOAD_BYTES`, `awsRegion` is `AWS_REGION`. docs/configuration.md describes
 * them. If a setting cannot be used, `createValetKey` rejects with a `ConfigError` that names it.
 */
export interface ValetKeySettings {
  /**
   * The role of buckets that name none in `grants`. Without it, and unless every granted bucket names a role, the embedded
   * store is started, which is for development and tests.
   */
  roleArn?: string | undefined;
  /** Sent with AssumeRole of `roleArn`, as its trust policy demands: 2 to 1,224 characters. Default: none. */
  externalId?: string | undefined;
  /** The lifetime of role sessions in seconds, 900 to 43,200. The role's maximum has to allow it. Default: 3,600. */
  sessionSeconds?: number | undefined;
  /**
   * Whether role sessions have the tags `valetkey:sub` and `valetkey:iss`. The trust policy must allow `sts:TagSession`.
   * Default: false.
   */
  sessionTags?: boolean | undefined;
  /** Whether role sessions have a SourceIdentity. The trust policy must allow `sts:SetSourceIdentity`. Default: false. */
  sourceIdentity?: boolean | undefined;
  /**
   * The default region, such as `eu-central-1`. With a role, either this or `regions` is required. Without a role, it is
   * that of the embedded store.
   */
  awsRegion?: string | undefined;
  /** The regions that a request may name: a list, or a text separated by commas. Default: `awsRegion`. */
  regions?: readonly string[] | string | undefined;
  /** Whether the bucket is in the path of URLs instead of in their host, for stores that need it. Default: false. */
  forcePathStyle?: boolean | undefined;
  /** The store's origin in what is signed for clients, without a path. Default: the origin that the server uses. */
  publicEndpointUrl?: string | URL | undefined;
  /**
   * The access file: its path, or what it contains. With a role, either this or `authorize` is required. Without a role,
   * and without `authorize`, everyone may use the embedded store's bucket `demo`.
   */
  grants?: string | AccessRules | undefined;
  /** At least 32 bytes, the same in every process. The first of several seals upload ids, and all of them open upload ids. */
  secret?: string | readonly string[] | undefined;
  /** `requestUpload` with the method `AUTO` uploads larger files in parts. From 0 to 5 GiB. Default: 64 MiB. */
  multipartBytes?: ByteSize | undefined;
  /** The largest file of `uploadFile` and `uploadStream`, whatever a grant allows, up to 448 GiB. Default: 5 GiB. */
  maxUploadBytes?: ByteSize | undefined;
  /** How many files one form may have, 1 to 1,000. Default: 10. */
  maxFiles?: number | undefined;
  /** Bytes per second and caller that Valet Key's own endpoint reads of forms with files. Default: no limit. */
  uploadBytesPerSecond?: ByteSize | undefined;
  /** `"production"` refuses to start the embedded store. */
  nodeEnv?: string | undefined;
  /** The lowest level that the default log writes. Default: `info`. */
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
  /**
   * The `aud` that tokens must have, or several, separated by commas. Default: any. In production, this or `jwtIssuer` is
   * required.
   */
  jwtAudience?: string | undefined;
  /** The accepted signature algorithms. Only asymmetric ones are possible. Default: `RS256`, `ES256` and `EdDSA`. */
  jwtAlgorithms?: readonly string[] | string | undefined;
  /**
   * Exact origins, such as `https://app.example.com`, whose pages may send the cookie of `tokenCookie`. Default: only the
   * server's own.
   */
  origins?: readonly string[] | string | undefined;
  /** Whether the schema is a subgraph of Apollo Federation 2. Default: false. */
  federation?: boolean | undefined;
  /** Whether Valet Key's own endpoint executes known documents without Apollo's pipeline. Default: true. */
  prepared?: boolean | undefined;
  /** Manifests in Apollo's format, or `@valetkey/client`. Valet Key's own endpoint executes only their operations. */
  persistedOperations?: readonly string[] | string | undefined;
  /** The name of a cookie from which the token is taken too, such as `__Host-token`. Default: none. */
  tokenCookie?: string | undefined;
  /** Whose `X-Forwarded-For` `valetKeyExpress` believes on a plain Node server. Express and Fastify use their own setting. */
  trustProxy?: readonly string[] | string | number | undefined;
  /** Requests of one caller per window, such as `"100/1s"`, at Valet Key's own endpoint. Default: no limit. */
  rateLimit?: string | undefined;

  /** Only for the stand-alone server, without effect here: its port. */
  port?: number | undefined;
  /** Only for the stand-alone server, without effect here: its number of processes. */
  workers?: number | "auto" | undefined;
  /** Only for the stand-alone server, without effect here: for how long it serves everything after SIGTERM. */
  drainDelaySeconds?: number | undefined;
  /** Only for the stand-alone server, without effect here: how long requests may take after SIGTERM. */
  drainSeconds?: number | undefined;
  /** Only for the stand-alone server, without effect here: whether it has `/metrics`. */
  metrics?: boolean | undefined;
  /** Only for the stand-alone server, without effect here: the port of `/metrics`. */
  metricsPort?: number | undefined;
  /** Only for the stand-alone server, without effect here: whether it logs each request. */
  accessLog?: boolean | undefined;
  /** Only for the stand-alone server, without effect here: whether it serves the web client. */
  web?: boolean | undefined;
  /**
   * `redis://user:password@host:6379/0`, where processes share role sessions and counters of `rateLimit`. It needs
   * `secret`. Default: they share nothing.
   */
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
  /** Lets callers share role sessions if their grants allow the same. The prefix must not contain claims. Default: false. */
  shareSessions?: boolean | undefined;
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
