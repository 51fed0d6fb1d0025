import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { beginUpload, sendPart } from "../support/multipart-uploads.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";

const { path: directory } = await shareInFile(makeTemporaryFolder("sweep"));
const program = await shareInFile(buildProgram());

const environment = { PORT: "0", VALETKEY_STORE_PORT: "0", VALETKEY_DATA_DIR: directory, LOG_LEVEL: "info" };
const cli = (...parameters: string[]) => program.cli(parameters, environment);
const sweep = (...options: string[]) => cli("sweep", "demo", ...options);

async function withServer(use: (client: GraphQLClient) => Promise<void>): Promise<void> {
  const server = program.start(environment);
  try {
    await use(new GraphQLClient(await server.ready));
  } finally {
    server.process.kill("SIGTERM");
    await server.ended;
  }
}

const keys = ["a/1", "a/2", "b/1"];
beforeAll(() =>
  withServer(async (client) => {
    for (const key of keys) await sendPart(await beginUpload(client, { bucket: "demo", key }), 2);
  }),
);

describe("valetkey sweep", () => {
  test("lists the uploads that are old enough, and changes nothing", async () => {
    expect(await sweep()).toMatchObject({ code: 0, stdout: "0 pending, 0 aborted, 0 failed\n" });
    for (const hours of ["0", "0.0"]) {
      const { code, stdout } = await sweep("--older-than", hours);
      expect(code).toBe(0);
      const lines = stdout.trimEnd().split("\n");
      expect(lines.pop()).toBe("3 pending, 0 aborted, 0 failed");
      expect(lines.map((line) => line.split("\t")[2])).toEqual(keys.map((key) => JSON.stringify(key)));
    }
  });

  test.each(["", " ", "-1", "abc", "0x1", "1e3", "Infinity", "NaN", "1."])(
    "does not accept %j as --older-than, and aborts nothing",
    async (hours) => {
      const refused = await sweep(`--older-than=${hours}`, "--abort");
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain("--older-than takes a number of hours");
      expect((await sweep("--older-than", "0")).stdout).toContain("3 pending");
    },
  );

  test("says that a running server uses the embedded store, and what to do", async () => {
    await withServer(async () => {
      const { code, stdout, stderr } = await sweep();
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(
        /^VALETKEY_DATA_DIR: .* in use by process \d+;.*\n.* stop the server that runs on it first\.\n$/,
      );
    });
  });

  test("prints its usage with --help and after invalid arguments", async () => {
    const asked = await sweep("--help");
    expect(asked).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("--older-than HOURS"),
    });
    for (const parameters of [
      ["sweep"],
      ["mop", "demo"],
      ["sweep", "demo", "x"],
      ["sweep", "demo", "--all"],
    ]) {
      const refused = await cli(...parameters);
      expect(refused).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("valetkey sweep BUCKET"),
      });
    }
  });

  test.each([
    [["sweep", "DEMO!"], "bucket"],
    [["sweep", "no-such-bucket"], "bucket"],
    [["sweep", "demo", "--region", "eu-west-9"], "region"],
  ])("refuses %j without a stack trace", async (parameters, what) => {
    const { code, stderr } = await cli(...parameters);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("aborts only uploads below the prefix", async () => {
    const { code, stdout } = await sweep("--older-than", "0", "--prefix", "a/", "--abort");
    expect(code).toBe(0);
    expect(stdout).toContain("0 pending, 2 aborted, 0 failed");
    expect((await sweep("--older-than", "0")).stdout).toMatch(/"b\/1"\n1 pending/);
  });
});
