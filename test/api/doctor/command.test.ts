import { expect, test } from "vitest";
import { buildProgram } from "../../support/built-program.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { prepareTestServer } from "../../support/test-server.ts";

const program = await shareInFile(buildProgram());
const prepared = await shareInFile(prepareTestServer());
const aws = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
const env = { ...prepared.env, ...aws };

test("valetkey doctor prints its findings and exits with 0 if there is no fault", async () => {
  const { code, stdout, stderr } = await program.cli(["doctor"], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^ok {7}role \(arn:aws:iam::.*\): AssumeRole for 3600 s works\.$/m);
  expect(stdout).toMatch(/\n\n\d+ ok, \d+ warnings, 0 faults, \d+ unknown\n$/);
});

test("it exits with 1 if there is a fault, and says how to mend it", async () => {
  const { code, stdout } = await program.cli(["doctor"], { ...env, AWS_SECRET_ACCESS_KEY: "wrong" });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAULT {4}role .*\n {9}.*\n {9}To mend it: check AWS_SECRET_ACCESS_KEY/m);
});

test("with --json, it prints one object", async () => {
  const { code, stdout } = await program.cli(["doctor", "--json"], env);
  const { counts, findings } = JSON.parse(stdout) as { counts: object; findings: object[] };
  expect(code).toBe(0);
  expect(counts).toMatchObject({ fault: 0 });
  expect(findings).toContainEqual(
    expect.objectContaining({ check: "bucket.round trip", subject: "demo", verdict: "ok" }),
  );
});

test("a configuration that does not parse is a finding too", async () => {
  const { code, stdout, stderr } = await program.cli(["doctor"], { ...env, PORT: "a port" });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stdout).toMatch(/^FAULT {4}configuration: PORT: /m);
});

test.each([["--all"], ["demo"]])("%s is refused with the usage", async (argument) => {
  const { code, stdout, stderr } = await program.cli(["doctor", argument], env);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("valetkey doctor [--token TOKEN] [--json]");
});
