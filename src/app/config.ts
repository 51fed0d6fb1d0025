import { z } from "zod";
import { parseByteSize } from "../core/byte-size.ts";
import { nearestName } from "../core/nearest-name.ts";
import type { Region, Regions } from "../core/object-address.ts";
import { maxStreamedBytes } from "../storage/streaming/streamed-part-sizes.ts";

/** Everything that the environment decides, parsed once. Sizes are bytes. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  /** What is served from: AWS (or a compatible store) through a role, or the embedded store. */
  readonly store: RoleConfig | EmbeddedStoreConfig;
  readonly regions: Regions;
  readonly forcePathStyle: boolean;
  readonly sessionSeconds: number;
  readonly grantsFile: string | undefined;
  readonly tokens: TokenConfig | undefined;
  /** Exact origins that may read answers across origins. */
  readonly origins: readonly string[];
  /** The first seals upload ids, all of them open. Undefined: random for this process. */
  readonly secrets: readonly string[] | undefined;
  readonly multipartBytes: number;
  readonly maxUploadBytes: number;
  readonly maxFiles: number;
  readonly rateLimit: RateLimitConfig | undefined;
  readonly drainSeconds: number;
  readonly metrics: boolean;
}

export interface RoleConfig {
  readonly kind: "role";
  readonly roleArn: string;
  readonly externalId: string | undefined;
  /** Sends the session tags `valetkey:sub` and `valetkey:iss`; the trust policy must allow sts:TagSession. */
  readonly sessionTags: boolean;
  /** Sends SourceIdentity; the trust policy must allow sts:SetSourceIdentity. */
  readonly sourceIdentity: boolean;
}

export interface EmbeddedStoreConfig {
  readonly kind: "embedded";
  readonly dataDirectory: string;
  readonly port: number;
}

export interface TokenConfig {
  readonly jwksUrl: URL;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly algorithms: readonly string[];
}

export interface RateLimitConfig {
  readonly requests: number;
  readonly windowMs: number;
}

/** A configuration that cannot be served. `message` has one line for each variable at fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type LogLevel = (typeof logLevels)[number];

// Asymmetric only: with a shared secret whoever can verify a token can forge one.
const tokenAlgorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

const integer = (minimum: number, maximum: number) =>
  z.string().transform((text, context) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    context.addIssue(`takes an integer from ${minimum} to ${maximum}`);
    return z.NEVER;
  });

const bytes = (minimum: number, maximum: number) =>
  z.string().transform((text, context) => {
    const value = parseByteSize(text);
    if (value !== undefined && value >= minimum && value <= maximum) return value;
    context.addIssue(`takes a size from ${minimum} to ${maximum} bytes, as an integer or like 64MiB`);
    return z.NEVER;
  });

const choice = <Value>(values: Record<string, Value>) =>
  z.string().transform((text, context) => {
    const value = Object.hasOwn(values, text) ? values[text] : undefined;
    if (value !== undefined) return value;
    context.addIssue(`takes ${Object.keys(values).join(" or ")}`);
    return z.NEVER;
  });

const shape = (pattern: RegExp, takes: string) => z.string().regex(pattern, `takes ${takes}`);

const list = <Item>(item: z.ZodType<Item, string>) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(item).min(1));

const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  message: "takes exact origins such as https://app.example.com, without a path and without *",
});

const httpUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  // fetch takes no URL with a password, and says so with the whole URL.
  if (isHttp && url.username === "" && url.password === "") return url;
  context.addIssue("takes an http or https URL without user and password");
  return z.NEVER;
});

const rateLimit = z.string().transform((text, context): RateLimitConfig => {
  const match = /^([1-9]\d{0,8})\/([1-9]\d{0,5})(ms|s|m|h)$/.exec(text);
  if (match === null) {
    context.addIssue("takes REQUESTS/WINDOW such as 100/1s or 5000/10m");
    return z.NEVER;
  }
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[3] as "ms" | "s" | "m" | "h"];
  return { requests: Number(match[1]), windowMs: Number(match[2]) * unitMs };
});

// Started without them, a server that is meant for production would be open.
const environmentName = z
  .string()
  .refine(
    (text) => text === "production" || text.trim().toLowerCase() !== "production",
    "takes production, spelt just so, or another name for anything else",
  );

const notYet = "is not supported by this version: leave it unset";
const onOff = choice({ on: true, off: false });
const port = integer(0, 65_535);
// A label of a host name, which is all that AWS's SDK asks: other stores have regions such as "default".
const regionName = shape(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "region names such as eu-central-1");

const variables = {
  HOST: z.string().default("127.0.0.1"),
  PORT: port.default(4000),
  NODE_ENV: environmentName.optional(),
  LOG_LEVEL: choice(Object.fromEntries(logLevels.map((level) => [level, level]))).default("info"),
  AWS_REGION: regionName.optional(),
  VALETKEY_ROLE_ARN: shape(
    /^arn:aws[a-z-]*:iam::(?:\d{12})?:role\/[\w+=,.@/-]{1,512}$/,
    "a role's ARN such as arn:aws:iam::111122223333:role/valetkey",
  ).optional(),
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  VALETKEY_EXTERNAL_ID: shape(
    /^[\w+=,.@:/-]{2,1224}$/,
    "2 to 1,224 letters, digits and _+=,.@:/-",
  ).optional(),
  VALETKEY_SESSION_SECONDS: integer(900, 43_200).default(3600),
  VALETKEY_SESSION_TAGS: onOff.default(false),
  VALETKEY_SOURCE_IDENTITY: onOff.default(false),
  VALETKEY_REGIONS: list(regionName).optional(),
  VALETKEY_FORCE_PATH_STYLE: choice({ true: true, false: false }).default(false),
  VALETKEY_GRANTS: z.string().optional(),
  VALETKEY_JWKS_URL: httpUrl.optional(),
  VALETKEY_JWT_ISSUER: z.string().optional(),
  VALETKEY_JWT_AUDIENCE: z.string().optional(),
  VALETKEY_JWT_ALGORITHMS: list(
    z.enum(tokenAlgorithms, { error: `takes a comma list of ${tokenAlgorithms.join(", ")}` }),
  ).optional(),
  VALETKEY_ORIGINS: list(origin).optional(),
  VALETKEY_SECRET: list(
    z.string().refine((text) => Buffer.byteLength(text) >= 32, {
      message: "takes at least 32 bytes for each secret",
    }),
  ).optional(),
  VALETKEY_MULTIPART_BYTES: bytes(0, 5 * GiB).default(64 * MiB),
  VALETKEY_MAX_UPLOAD_BYTES: bytes(1, maxStreamedBytes).default(5 * GiB),
  VALETKEY_MAX_FILES: integer(1, 1000).default(10),
  VALETKEY_RATE_LIMIT: rateLimit.optional(),
  VALETKEY_DRAIN_SECONDS: integer(0, 3600).default(25),
  VALETKEY_REDIS_URL: z.never(notYet).optional(),
  VALETKEY_DATA_DIR: z.string().default(".valetkey"),
  VALETKEY_STORE_PORT: port.optional(),
  VALETKEY_METRICS: onOff.default(true),
  VALETKEY_WEB: z.literal("off", notYet).optional(),
};

// Their values never show up in a message, nor does a URL with a password.
const secretVariables = new Set(["VALETKEY_SECRET", "VALETKEY_EXTERNAL_ID", "VALETKEY_REDIS_URL"]);
const urlWithPassword = /\/\/.*@/;

const ownPrefix = "VALETKEY_";

/**
 * @throws {ConfigError} naming each variable that is unknown, malformed, out of range or missing
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable is how shells and compose files leave one unset.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const faults = Object.entries(environment)
    .filter(([name, value]) => value !== undefined && isUnknown(name))
    .map(([name, value]) => describeUnknown(name, value));
  const parsed = z.object(variables).safeParse(given);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => describe(issue, given)));
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join("\n"));

  const values = parsed.data;
  const production = values.NODE_ENV === "production";
  const missing = (name: string, why: string) => faults.push(`${name}: missing; ${why}`);

  if (values.VALETKEY_ROLE_ARN === undefined) {
    if (production) missing("VALETKEY_ROLE_ARN", "the embedded store is not for production");
    if (values.VALETKEY_REGIONS?.includes(embeddedRegion) === false) {
      faults.push(
        `VALETKEY_REGIONS: got ${JSON.stringify(given.VALETKEY_REGIONS)}, takes a list with ${embeddedRegion}, where the embedded store's bucket is`,
      );
    }
    if (values.PORT !== 0 && values.VALETKEY_STORE_PORT === values.PORT) {
      faults.push(
        `VALETKEY_STORE_PORT: got ${JSON.stringify(given.VALETKEY_STORE_PORT)}, takes another port than PORT, or 0 for any (unset: PORT + 1)`,
      );
    }
  } else {
    if (!values.VALETKEY_GRANTS)
      missing("VALETKEY_GRANTS", "with a role, a grants file says who may do what");
    if (!values.VALETKEY_SECRET)
      missing("VALETKEY_SECRET", "with a role, it seals upload ids (32 bytes or more)");
    if (!values.VALETKEY_REGIONS && !values.AWS_REGION)
      missing("AWS_REGION", "with a role, a region is needed (or VALETKEY_REGIONS)");
  }
  if (values.VALETKEY_JWKS_URL === undefined) {
    for (const name of ["VALETKEY_JWT_ISSUER", "VALETKEY_JWT_AUDIENCE", "VALETKEY_JWT_ALGORITHMS"] as const) {
      if (values[name] !== undefined) faults.push(`${name}: has no effect without VALETKEY_JWKS_URL`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults.join("\n"));

  return {
    production,
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL as LogLevel,
    store: storeOf(values),
    regions: regionsOf(values),
    // The embedded store answers on 127.0.0.1, where a bucket cannot be a host name.
    forcePathStyle: values.VALETKEY_FORCE_PATH_STYLE || values.VALETKEY_ROLE_ARN === undefined,
    sessionSeconds: values.VALETKEY_SESSION_SECONDS,
    grantsFile: values.VALETKEY_GRANTS,
    tokens: values.VALETKEY_JWKS_URL && {
      jwksUrl: values.VALETKEY_JWKS_URL,
      issuer: values.VALETKEY_JWT_ISSUER,
      audience: values.VALETKEY_JWT_AUDIENCE,
      algorithms: values.VALETKEY_JWT_ALGORITHMS ?? ["RS256", "ES256", "EdDSA"],
    },
    origins: values.VALETKEY_ORIGINS ?? [],
    secrets: values.VALETKEY_SECRET,
    multipartBytes: values.VALETKEY_MULTIPART_BYTES,
    maxUploadBytes: values.VALETKEY_MAX_UPLOAD_BYTES,
    maxFiles: values.VALETKEY_MAX_FILES,
    rateLimit: values.VALETKEY_RATE_LIMIT,
    drainSeconds: values.VALETKEY_DRAIN_SECONDS,
    metrics: values.VALETKEY_METRICS,
  };
}

type Values = z.infer<z.ZodObject<typeof variables>>;

function storeOf(values: Values): Config["store"] {
  if (values.VALETKEY_ROLE_ARN === undefined) {
    return {
      kind: "embedded",
      dataDirectory: values.VALETKEY_DATA_DIR,
      port: values.VALETKEY_STORE_PORT ?? (values.PORT === 0 ? 0 : (values.PORT + 1) % 65_536),
    };
  }
  return {
    kind: "role",
    roleArn: values.VALETKEY_ROLE_ARN,
    externalId: values.VALETKEY_EXTERNAL_ID,
    sessionTags: values.VALETKEY_SESSION_TAGS,
    sourceIdentity: values.VALETKEY_SOURCE_IDENTITY,
  };
}

/** Whatever region the shell has for AWS, the embedded store's bucket is here. */
const embeddedRegion = "us-east-1";

function regionsOf(values: Values): Regions {
  const home = values.VALETKEY_ROLE_ARN === undefined ? embeddedRegion : values.AWS_REGION;
  const allowed = [...new Set(values.VALETKEY_REGIONS ?? (home === undefined ? [] : [home]))];
  const first = home !== undefined && allowed.includes(home) ? home : allowed[0];
  if (first === undefined) throw new ConfigError("AWS_REGION: missing");
  return { allowed: allowed as Region[], default: first as Region };
}

function describe(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const isSecret = secretVariables.has(name) || urlWithPassword.test(given[name] ?? "");
  const value = isSecret ? notShown : JSON.stringify(given[name]);
  return `${name}: got ${value}, ${issue.message}`;
}

function isUnknown(name: string): boolean {
  return name.startsWith(ownPrefix) && !Object.hasOwn(variables, name);
}

/** The value may be a secret whose name was misspelt. */
function describeUnknown(name: string, value: string | undefined): string {
  const known = Object.keys(variables)
    .filter((each) => each.startsWith(ownPrefix))
    .map((each) => each.slice(ownPrefix.length));
  const nearest = nearestName(name.slice(ownPrefix.length), known);
  const hint = nearest === undefined ? "" : `; did you mean ${ownPrefix}${nearest}?`;
  return `${name}: got ${value === "" ? '""' : notShown}, no such variable${hint}`;
}

const notShown = "a value that is not shown";
