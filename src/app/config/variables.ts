import { z } from "zod";
import { externalId, regionName, roleArn } from "../../core/aws-names.ts";
import { maxStreamedBytes } from "../../storage/streaming/streamed-part-sizes.ts";
import { trustedProxies } from "./trusted-proxies.ts";
import {
  bytes,
  choice,
  environmentName,
  httpUrl,
  integer,
  list,
  listed,
  named,
  onOff,
  origin,
  rateLimit,
} from "./value-parsers.ts";
import { variable } from "./variable.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
// Only asymmetric algorithms: with a shared secret, anyone who can verify a token can forge one.
const tokenAlgorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const notYet = "is not supported by this version: leave it unset";
const port = integer(0, 65_535);

// https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
const cookieName = {
  pattern: /^[\w!#$%&'*+.^`|~-]{1,200}$/,
  takes: "the name of a cookie such as __Host-token",
};

/** Every variable that the server reads. `npm run docs` writes the table of docs/configuration.md from it. */
export const variables = {
  HOST: variable(
    z.string().default("127.0.0.1"),
    "`127.0.0.1`",
    "The address on which the server and the embedded store listen.",
  ),
  PORT: variable(port.default(4000), "`4000`", "The port of the server. `0` takes any free one."),
  NODE_ENV: variable(
    environmentName.optional(),
    "none",
    "`production` requires a role, and turns off Apollo Sandbox, GraphiQL and introspection.",
  ),
  LOG_LEVEL: variable(
    z.enum(logLevels, { error: `takes ${logLevels.join(" or ")}` }).default("info"),
    "`info`",
    "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.",
  ),
  AWS_REGION: variable(
    named(regionName).optional(),
    "none",
    "The default region. With a role, either this or `VALETKEY_REGIONS` is required.",
  ),
  VALETKEY_ROLE_ARN: variable(
    named(roleArn).optional(),
    "none",
    "The role of buckets that name none in the [access file](#settings-of-buckets). It is not needed if every granted bucket names a role. Otherwise the server uses the embedded store without it, and does not start in production.",
  ),
  VALETKEY_EXTERNAL_ID: variable(
    named(externalId).optional(),
    "none",
    "The external ID that is sent with AssumeRole.",
  ),
  VALETKEY_SESSION_SECONDS: variable(
    integer(900, 43_200).default(3600),
    "`3600`",
    "The lifetime of role sessions, 900 to 43200. The role's maximum has to allow it.",
  ),
  VALETKEY_SESSION_TAGS: variable(
    onOff.default(false),
    "`off`",
    "`on` sends the session tags `valetkey:sub` and `valetkey:iss`. The trust policy must allow `sts:TagSession`.",
  ),
  VALETKEY_SOURCE_IDENTITY: variable(
    onOff.default(false),
    "`off`",
    "`on` sends the session name as SourceIdentity. The trust policy must allow `sts:SetSourceIdentity`.",
  ),
  VALETKEY_REGIONS: variable(
    list(named(regionName)).optional(),
    "`AWS_REGION`; without a role `us-east-1`",
    "The regions that a client may name, separated by commas. The default region is `AWS_REGION` if it is one of them, otherwise the first one.",
  ),
  VALETKEY_FORCE_PATH_STYLE: variable(
    choice({ true: true, false: false }).default(false),
    "`false`",
    "`true` is for stores without virtual-hosted buckets.",
  ),
  VALETKEY_PUBLIC_ENDPOINT_URL: variable(
    origin.optional(),
    "none",
    "The origin of the store in everything that is signed for clients, where they reach it under another name than the server does. A path is not possible, because the signature covers it.",
  ),
  VALETKEY_GRANTS: variable(
    z.string().optional(),
    "none",
    "The [access file](#the-access-file). It is required with a role, and read again on SIGHUP.",
  ),
  VALETKEY_JWKS_URL: variable(
    list(httpUrl).optional(),
    "discovered",
    "The JSON Web Key Set that verifies bearer tokens: one for each issuer, in the same order, separated by commas.",
  ),
  VALETKEY_JWT_ISSUER: variable(
    list(listed).optional(),
    "none",
    "The `iss` that tokens must have, or several, separated by commas. Without `VALETKEY_JWKS_URL`, the keys are found by OpenID Connect Discovery. With neither of the two variables, every caller is anonymous. In production, an issuer or an audience is required.",
  ),
  VALETKEY_JWT_AUDIENCE: variable(
    list(listed).optional(),
    "none",
    "The `aud` that tokens must have. With one issuer, a list of which one is enough; with several, one for all of them, or one for each, in the same order. Without it, tokens for other applications are accepted too.",
  ),
  VALETKEY_JWT_ALGORITHMS: variable(
    list(
      z.enum(tokenAlgorithms, { error: `takes a comma list of ${tokenAlgorithms.join(", ")}` }),
    ).optional(),
    "`RS256,ES256,EdDSA`",
    "The accepted signature algorithms, separated by commas. Only asymmetric ones are possible.",
  ),
  VALETKEY_TOKEN_COOKIE: variable(
    named(cookieName).optional(),
    "none",
    "The name of a cookie from which the token is taken too. Pages of `VALETKEY_ORIGINS` may then send credentials. [Tokens in a cookie](guides/sign-in.md#tokens-in-a-cookie) explains it.",
  ),
  VALETKEY_ORIGINS: variable(
    list(origin).optional(),
    "none",
    "The exact origins whose pages may read responses, separated by commas. Outside production, loopback origins and those of Apollo Sandbox are added. A development server on loopback accepts their hosts in the header `Host` too.",
  ),
  VALETKEY_TRUST_PROXY: variable(
    trustedProxies.optional(),
    "none",
    "The addresses and CIDR blocks of proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed, separated by commas, or how many proxies there are. A number is safe only if clients cannot reach the server except through them. [Behind a proxy](guides/behind-a-proxy.md) explains it.",
  ),
  VALETKEY_SECRET: variable(
    list(
      z.string().refine((text) => Buffer.byteLength(text) >= 32, {
        message: "takes at least 32 bytes for each secret",
      }),
    ).optional(),
    "with the embedded store, random and kept in its folder; with a role, required",
    "Seals upload ids: at least 32 bytes, the same on every replica. With a comma list, the first secret seals and all of them open.",
  ),
  VALETKEY_MULTIPART_BYTES: variable(
    bytes(0, 5 * GiB).default(64 * MiB),
    "`64MiB`",
    "Larger files become multipart uploads when `requestUpload` chooses the method.",
  ),
  VALETKEY_MAX_UPLOAD_BYTES: variable(
    bytes(1, maxStreamedBytes).default(5 * GiB),
    "`5GiB`",
    `The size limit of \`uploadFile\`, whatever a grant allows. At most ${maxStreamedBytes} (448 GiB).`,
  ),
  VALETKEY_MAX_FILES: variable(
    integer(1, 1000).default(10),
    "`10`",
    "The number of files in one multipart request.",
  ),
  VALETKEY_RATE_LIMIT: variable(
    rateLimit.optional(),
    "none",
    "`100/1s` allows 100 GraphQL requests per second and caller. Callers without a valid token are counted by address.",
  ),
  VALETKEY_DRAIN_DELAY_SECONDS: variable(
    integer(0, 600).default(0),
    "`0`",
    "How long everything is still served after SIGTERM while `/readyz` is 503, until load balancers have noticed. The time of `VALETKEY_DRAIN_SECONDS` begins after it. [Behind a proxy](guides/behind-a-proxy.md#restarts) says which value to choose.",
  ),
  VALETKEY_DRAIN_SECONDS: variable(
    integer(0, 3600).default(25),
    "`25`",
    "How long accepted requests may take after SIGTERM and the delay.",
  ),
  VALETKEY_METRICS: variable(onOff.default(true), "`on`", "`off` removes `/metrics`."),
  VALETKEY_FEDERATION: variable(
    onOff.default(false),
    "`off`",
    "`on` serves the schema as a subgraph of Apollo Federation 2: [In a supergraph](guides/supergraph.md).",
  ),
  VALETKEY_PREPARED: variable(
    onOff.default(true),
    "`on`",
    "`off` executes every request with Apollo's whole pipeline, also one with a document that has passed it before: [decision 41](decisions/0041-prepared-operations.md).",
  ),
  VALETKEY_WEB: variable(
    onOff.optional(),
    "`on` outside production, `off` in it",
    "Whether the web client is served at `/`.",
  ),
  VALETKEY_DATA_DIR: variable(
    z.string().default(".valetkey"),
    "`.valetkey`",
    "The folder of the embedded store.",
  ),
  VALETKEY_STORE_PORT: variable(
    port.optional(),
    "`PORT` + 1",
    "The port of the embedded store on `HOST`. `0` takes any free one.",
  ),
  VALETKEY_REDIS_URL: variable(z.never(notYet).optional(), "none", "Reserved. It is not supported yet."),
};

/** Their values never appear in a message. */
export const secretVariables: ReadonlySet<string> = new Set([
  "VALETKEY_SECRET",
  "VALETKEY_EXTERNAL_ID",
  "VALETKEY_REDIS_URL",
]);
