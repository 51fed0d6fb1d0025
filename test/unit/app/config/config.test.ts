import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../../src/app/config/config.ts";
import { ConfigError } from "../../../../src/app/config/config-error.ts";

const withRole = {
  AWS_REGION: "eu-central-1",
  VALETKEY_ROLE_ARN: "arn:aws:iam::111122223333:role/valetkey",
  VALETKEY_GRANTS: "grants.yaml",
  VALETKEY_SECRET: "0123456789abcdef0123456789abcdef",
};

function faultsOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

describe("loadConfig", () => {
  test("needs nothing for the embedded store", () => {
    expect(loadConfig({})).toMatchObject({
      production: false,
      host: "127.0.0.1",
      port: 4000,
      store: { kind: "embedded", dataDirectory: ".valetkey", port: 4001 },
      regions: { allowed: ["us-east-1"], default: "us-east-1" },
      forcePathStyle: true,
      sessionSeconds: 3600,
      multipartBytes: 64 * 2 ** 20,
      maxUploadBytes: 5 * 2 ** 30,
      maxFiles: 10,
      drainSeconds: 25,
      tokens: undefined,
      rateLimit: undefined,
      secrets: undefined,
    });
  });

  test("keeps the embedded store in its region whatever region the shell has for AWS", () => {
    expect(loadConfig({ AWS_REGION: "ap-south-1" }).regions.default).toBe("us-east-1");
  });

  test("refuses regions that do not include that of the embedded store's bucket", () => {
    expect(faultsOf({ VALETKEY_REGIONS: "eu-central-1" })).toMatch(
      /^VALETKEY_REGIONS: got "eu-central-1", takes a list with us-east-1, where the embedded store's bucket is$/,
    );
    expect(loadConfig({ VALETKEY_REGIONS: "eu-central-1,us-east-1" }).regions.default).toBe("us-east-1");
  });

  test("gives the embedded store any free port if the server has any free port", () => {
    expect(loadConfig({ PORT: "0" }).store).toMatchObject({ port: 0 });
  });

  test("allows the role's region and the other regions that are named", () => {
    const { regions, store } = loadConfig({ ...withRole, VALETKEY_REGIONS: "us-east-1, eu-central-1" });
    expect(regions).toEqual({ allowed: ["us-east-1", "eu-central-1"], default: "eu-central-1" });
    expect(store).toMatchObject({ kind: "role", roleArn: withRole.VALETKEY_ROLE_ARN });
  });

  test.each(["default", "garage", "ru-1", "us-gov-west-1"])(
    "takes %s, as other stores name a region",
    (region) => {
      expect(loadConfig({ ...withRole, AWS_REGION: region }).regions.default).toBe(region);
      expect(loadConfig({ ...withRole, VALETKEY_REGIONS: region }).regions.allowed).toEqual([region]);
    },
  );

  test("accepts roles of stores without account numbers", () => {
    expect(faultsOf({ ...withRole, VALETKEY_ROLE_ARN: "arn:aws:iam:::role/rgw" })).toBe("");
  });

  test("reads a list of secrets, each long enough", () => {
    const secrets = ["a".repeat(32), "b".repeat(40)];
    expect(loadConfig({ ...withRole, VALETKEY_SECRET: secrets.join(",") }).secrets).toEqual(secrets);
    expect(faultsOf({ ...withRole, VALETKEY_SECRET: `${"a".repeat(32)},short` })).toContain(
      "VALETKEY_SECRET",
    );
  });

  test("reads sizes and rates", () => {
    expect(loadConfig({ VALETKEY_MAX_UPLOAD_BYTES: "1GiB" }).maxUploadBytes).toBe(2 ** 30);
    expect(loadConfig({ VALETKEY_MAX_UPLOAD_BYTES: "481296384000" }).maxUploadBytes).toBe(481_296_384_000);
    expect(loadConfig({ VALETKEY_RATE_LIMIT: "100/1s" }).rateLimit).toEqual({
      requests: 100,
      windowMs: 1000,
    });
    expect(loadConfig({ VALETKEY_RATE_LIMIT: "5/2m" }).rateLimit).toEqual({ requests: 5, windowMs: 120_000 });
  });

  test("accepts RS256, ES256 and EdDSA by default", () => {
    const tokens = loadConfig({ VALETKEY_JWKS_URL: "https://issuer.example/jwks" }).tokens;
    expect(tokens?.algorithms).toEqual(["RS256", "ES256", "EdDSA"]);
  });

  test("treats an empty variable as unset", () => {
    expect(loadConfig({ VALETKEY_ROLE_ARN: "", VALETKEY_RATE_LIMIT: "" }).store.kind).toBe("embedded");
  });

  test.each([
    ["PORT", "70000"],
    ["PORT", "4e3"],
    ["VALETKEY_SESSION_SECONDS", "899"],
    ["VALETKEY_SESSION_SECONDS", "43201"],
    ["VALETKEY_MAX_UPLOAD_BYTES", "5 elephants"],
    ["VALETKEY_MAX_UPLOAD_BYTES", "481296384001"],
    ["VALETKEY_MAX_FILES", "0"],
    ["VALETKEY_UPLOAD_BYTES_PER_SECOND", "1KiB"],
    ["VALETKEY_UPLOAD_BYTES_PER_SECOND", "10MiB/s"],
    ["VALETKEY_UPLOAD_BYTES_PER_SECOND", "2000000000000"],
    ["VALETKEY_RATE_LIMIT", "100"],
    ["VALETKEY_RATE_LIMIT", "0/1s"],
    ["VALETKEY_ROLE_ARN", "arn:aws:iam::111122223333:user/me"],
    ["VALETKEY_EXTERNAL_ID", "x"],
    ["VALETKEY_ORIGINS", "*"],
    ["VALETKEY_ORIGINS", "https://app.example.com/"],
    ["VALETKEY_JWKS_URL", "file:///etc/passwd"],
    ["VALETKEY_JWT_ALGORITHMS", "RS256,none"],
    ["VALETKEY_TOKEN_COOKIE", "a cookie"],
    ["VALETKEY_TOKEN_COOKIE", "token=1"],
    ["VALETKEY_JWT_ALGORITHMS", "HS256"],
    ["VALETKEY_REGIONS", "eu-central-1,*"],
    ["VALETKEY_REGIONS", "eu-central-1,"],
    ["AWS_REGION", "eu-"],
    ["AWS_REGION", "eu.central"],
    ["AWS_REGION", "EU"],
    ["VALETKEY_FORCE_PATH_STYLE", "yes"],
    ["VALETKEY_REDIS_URL", "http://localhost"],
    ["VALETKEY_DRAIN_SECONDS", "-1"],
    ["VALETKEY_METRICS_PORT", "65536"],
    ["VALETKEY_WORKERS", "0"],
    ["VALETKEY_WORKERS", "257"],
    ["VALETKEY_WORKERS", "all"],
    ["LOG_LEVEL", "loud"],
  ])("refuses %s=%s, and says which values are accepted", (name, value) => {
    expect(faultsOf({ [name]: value })).toMatch(new RegExp(`^${name}: got .*, (takes|is not)`, "m"));
  });

  test("refuses unknown names, and suggests the closest one", () => {
    const unknown = "got a value that is not shown, no such variable";
    expect(faultsOf({ VALETKEY_FOO: "1" })).toBe(`VALETKEY_FOO: ${unknown}`);
    expect(faultsOf({ VALETKEY_SECRETS: "hush" })).toBe(
      `VALETKEY_SECRETS: ${unknown}; did you mean VALETKEY_SECRET?`,
    );
    expect(faultsOf({ VALETKEY_MAX_UPLOAD_SIZE: "1" })).toContain("did you mean VALETKEY_MAX_UPLOAD_BYTES?");
  });

  test("refuses an unknown name even if it is empty", () => {
    expect(faultsOf({ VALETKEY_SECRETS: "" })).toBe(
      'VALETKEY_SECRETS: got "", no such variable; did you mean VALETKEY_SECRET?',
    );
  });

  test.each(["Production", "PRODUCTION", " production", "production\n"])(
    "takes no NODE_ENV that is only meant as production: %j",
    (value) => {
      expect(faultsOf({ NODE_ENV: value })).toMatch(/^NODE_ENV: got ".*", takes production/);
    },
  );

  test("accepts any other NODE_ENV", () => {
    expect(loadConfig({ NODE_ENV: "staging" }).production).toBe(false);
  });

  test("refuses the server's own port for the embedded store", () => {
    expect(faultsOf({ PORT: "4100", VALETKEY_STORE_PORT: "4100" })).toBe(
      'VALETKEY_STORE_PORT: got "4100", takes another port than PORT, or 0 for any (unset: PORT + 1)',
    );
    expect(faultsOf({ PORT: "0", VALETKEY_STORE_PORT: "0" })).toBe("");
    expect(faultsOf({ ...withRole, PORT: "4100", VALETKEY_STORE_PORT: "4100" })).toBe("");
  });

  test.each([
    [{ PORT: "4100", VALETKEY_METRICS_PORT: "4100" }, "another port than PORT"],
    [
      { PORT: "4100", VALETKEY_METRICS_PORT: "4101" },
      "another port than VALETKEY_STORE_PORT (unset: PORT + 1)",
    ],
    [{ VALETKEY_STORE_PORT: "9464", VALETKEY_METRICS_PORT: "9464" }, "another port than VALETKEY_STORE_PORT"],
    [{ VALETKEY_METRICS: "off", VALETKEY_METRICS_PORT: "9464" }, "no value while VALETKEY_METRICS is off"],
  ])("refuses a port of the metrics that cannot be used: %j", (environment, takes) => {
    expect(faultsOf(environment)).toContain(
      `VALETKEY_METRICS_PORT: got "${environment.VALETKEY_METRICS_PORT}", takes ${takes}`,
    );
  });

  test("takes a number of workers, or one for each core", () => {
    expect(loadConfig({}).workers).toBe(1);
    expect(loadConfig({ VALETKEY_WORKERS: "3" }).workers).toBe(3);
    expect(loadConfig({ VALETKEY_WORKERS: "auto" }).workers).toBe(availableParallelism());
  });

  test("moves the metrics to any other port", () => {
    expect(loadConfig({ VALETKEY_METRICS_PORT: "9464" }).metricsPort).toBe(9464);
    expect(loadConfig({ PORT: "0", VALETKEY_METRICS_PORT: "0" }).metricsPort).toBe(0);
    expect(faultsOf({ ...withRole, PORT: "4100", VALETKEY_METRICS_PORT: "4101" })).toBe("");
  });

  test("takes VALETKEY_REDIS_URL together with a secret, and never shows it", () => {
    const url = "redis://user:hush-hush@localhost";
    expect(faultsOf({ VALETKEY_REDIS_URL: url })).toBe(
      "VALETKEY_SECRET: missing; with VALETKEY_REDIS_URL, it seals what replicas share (32 bytes or more)",
    );
    expect(faultsOf({ VALETKEY_REDIS_URL: url, VALETKEY_SECRET: "x".repeat(32) })).toBe("");
    expect(faultsOf({ VALETKEY_REDIS_URL: "" })).toBe("");
    for (const malformed of ["redis://user:hush-hush@", "hush-hush", "redis+cluster://:hush-hush@h/1"]) {
      const faults = faultsOf({ VALETKEY_REDIS_URL: malformed });
      expect(faults).toMatch(/^VALETKEY_REDIS_URL: got a value that is not shown, takes redis:/);
      expect(faults).not.toContain("hush-hush");
    }
  });

  test("serves the web client outside production unless it is turned off", () => {
    expect(loadConfig({}).webClient).toBe(true);
    expect(loadConfig({ VALETKEY_WEB: "off" }).webClient).toBe(false);
  });

  test("reports all errors at once, and no secrets", () => {
    const faults = faultsOf({ PORT: "x", LOG_LEVEL: "y", VALETKEY_SECRET: "hush" });
    expect(faults.split("\n")).toHaveLength(3);
    expect(faults).not.toContain("hush");
  });

  test.each(["https", "ftp"])(
    "refuses a key set's URL with a password, and does not show it (%s)",
    (protocol) => {
      const faults = faultsOf({ VALETKEY_JWKS_URL: `${protocol}://user:hunter2@issuer.example/jwks` });
      expect(faults).toMatch(/^VALETKEY_JWKS_URL: .*, takes an http or https URL/);
      expect(faults).not.toContain("hunter2");
    },
  );

  test.each(["VALETKEY_GRANTS", "VALETKEY_SECRET", "AWS_REGION"])("refuses a role without %s", (name) => {
    expect(faultsOf({ ...withRole, [name]: "" })).toContain(`${name}: missing`);
  });

  test("refuses the embedded store in production", () => {
    expect(faultsOf({ NODE_ENV: "production" })).toContain("VALETKEY_ROLE_ARN: missing");
  });

  test("refuses settings of tokens without a JWKS", () => {
    expect(faultsOf({ VALETKEY_JWT_AUDIENCE: "valetkey" })).toContain("VALETKEY_JWT_AUDIENCE");
    expect(faultsOf({ VALETKEY_TOKEN_COOKIE: "token" })).toContain("VALETKEY_TOKEN_COOKIE");
  });

  const trusted = (environment: Record<string, string>) => loadConfig(environment).tokens?.issuers;
  const [one, two] = ["https://one.example", "https://two.example/"];

  test("discovers each issuer that has no key set of its own", () => {
    expect(trusted({ VALETKEY_JWT_ISSUER: one })).toEqual([{ issuer: one }]);
    expect(loadConfig({ VALETKEY_JWT_ISSUER: one }).developmentTokens).toBe(false);
    expect(trusted({ VALETKEY_JWT_ISSUER: `${one}, ${two}` })).toEqual([{ issuer: one }, { issuer: two }]);
  });

  test("gives each issuer its key set and its audience, in order", () => {
    const both = {
      VALETKEY_JWT_ISSUER: `${one},${two}`,
      VALETKEY_JWKS_URL: "https://one.example/keys,https://two.example/keys",
    };
    const keySets = [
      { jwksUrl: new URL("https://one.example/keys") },
      { jwksUrl: new URL("https://two.example/keys") },
    ];
    expect(trusted({ ...both, VALETKEY_JWT_AUDIENCE: "a,b" })).toMatchObject([
      { issuer: one, ...keySets[0], audiences: ["a"] },
      { issuer: two, ...keySets[1], audiences: ["b"] },
    ]);
    expect(trusted({ ...both, VALETKEY_JWT_AUDIENCE: "a" })).toMatchObject([
      { audiences: ["a"] },
      { audiences: ["a"] },
    ]);
    expect(trusted({ VALETKEY_JWT_ISSUER: one, VALETKEY_JWT_AUDIENCE: "a,b" })).toMatchObject([
      { audiences: ["a", "b"] },
    ]);
  });

  test.each<[what: string, environment: Record<string, string>, fault: RegExp]>([
    [
      "an issuer twice",
      { VALETKEY_JWT_ISSUER: `${one},${one}` },
      /^VALETKEY_JWT_ISSUER: has an issuer twice/,
    ],
    [
      "an empty item",
      { VALETKEY_JWT_ISSUER: `${one},,${two}` },
      /^VALETKEY_JWT_ISSUER: .*without empty items/,
    ],
    [
      "an issuer with http",
      { VALETKEY_JWT_ISSUER: "http://one.example" },
      /^VALETKEY_JWT_ISSUER: takes https/,
    ],
    ["an issuer that is no URL", { VALETKEY_JWT_ISSUER: `${one},valetkey` }, /set VALETKEY_JWKS_URL$/],
    [
      "an issuer with a password",
      { VALETKEY_JWT_ISSUER: "https://a:hunter2@one.example" },
      /^VALETKEY_JWT_ISSUER/,
    ],
    [
      "fewer key sets than issuers",
      { VALETKEY_JWT_ISSUER: `${one},${two}`, VALETKEY_JWKS_URL: "https://one.example/keys" },
      /^VALETKEY_JWKS_URL: got 1 for 2 issuers/,
    ],
    [
      "more key sets than issuers",
      { VALETKEY_JWT_ISSUER: one, VALETKEY_JWKS_URL: "https://one.example/keys,https://two.example/keys" },
      /^VALETKEY_JWKS_URL: got 2 for 1 issuers/,
    ],
    [
      "several key sets without issuers",
      { VALETKEY_JWKS_URL: "https://one.example/keys,https://two.example/keys" },
      /^VALETKEY_JWT_ISSUER: missing; 2 key sets/,
    ],
    [
      "another number of audiences than issuers",
      { VALETKEY_JWT_ISSUER: `${one},${two}`, VALETKEY_JWT_AUDIENCE: "a,b,c" },
      /^VALETKEY_JWT_AUDIENCE: got 3 for 2 issuers/,
    ],
  ])("refuses %s", (_what, environment, fault) => {
    expect(faultsOf(environment)).toMatch(fault);
    expect(faultsOf(environment)).not.toContain("hunter2");
  });

  test("accepts any name of an issuer whose key set is given", () => {
    const keySet = { VALETKEY_JWKS_URL: "http://keys.internal/jwks" };
    expect(trusted({ ...keySet, VALETKEY_JWT_ISSUER: "valetkey" })).toMatchObject([{ issuer: "valetkey" }]);
  });

  test("refuses tokens in production when neither the issuer nor the audience is checked", () => {
    const production = {
      ...withRole,
      NODE_ENV: "production",
      VALETKEY_JWKS_URL: "https://issuer.example/jwks",
    };
    expect(faultsOf(production)).toMatch(/^VALETKEY_JWT_ISSUER: missing; .*VALETKEY_JWT_AUDIENCE/);
    expect(faultsOf({ ...production, VALETKEY_JWT_ISSUER: "https://issuer.example" })).toBe("");
    expect(faultsOf({ ...production, VALETKEY_JWT_AUDIENCE: "valetkey" })).toBe("");
  });

  test("warns when the audience is not checked", () => {
    const tokens = { VALETKEY_JWKS_URL: "https://issuer.example/jwks" };
    const warnings = (more: Record<string, string>) => loadConfig({ ...tokens, ...more }).warnings;
    expect(warnings({})).toEqual([expect.stringMatching(/AUDIENCE is not set: every token .* is accepted/)]);
    expect(warnings({ VALETKEY_JWT_ISSUER: "https://issuer.example" })).toEqual([
      expect.stringMatching(/AUDIENCE is not set: .* other applications/),
    ]);
    expect(warnings({ VALETKEY_JWT_AUDIENCE: "valetkey" })).toEqual([]);
    expect(loadConfig({}).warnings).toEqual([]);
  });
});
