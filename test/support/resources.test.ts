import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { changeAwsEnvironment, changeEnvironment } from "./environment.ts";
import { makeTemporaryFolder, startTogether } from "./resources.ts";
import { startDemoServer } from "./test-server.ts";

describe("startTogether", () => {
  test("cleans up once, and the last resource first", async () => {
    const order: string[] = [];
    const resource = await startTogether(async (started) => {
      started.defer(() => order.push("first"));
      await started.use({ [Symbol.dispose]: () => void order.push("second") });
      return { value: 1 };
    });
    expect(resource.value).toBe(1);
    await Promise.all([resource.close(), resource.close()]);
    expect(order).toEqual(["second", "first"]);
  });

  test("cleans up what was started before a failure", async () => {
    let path = "";
    const starting = startTogether(async (started) => {
      ({ path } = await started.use(makeTemporaryFolder()));
      expect(existsSync(path)).toBe(true);
      throw new Error("The second part does not start.");
    });
    await expect(starting).rejects.toThrow("The second part does not start.");
    expect(existsSync(path)).toBe(false);
  });

  test("cleans up everything even if one part fails to", async () => {
    let isCleaned = false;
    const resource = await startTogether(async (started) => {
      started.defer(() => {
        isCleaned = true;
      });
      started.defer(() => Promise.reject(new Error("stuck")));
      return {};
    });
    await expect(resource.close()).rejects.toThrow("Cleaning up failed.");
    expect(isCleaned).toBe(true);
  });
});

describe("changeEnvironment", () => {
  const name = "VALETKEY_TEST_OF_ENVIRONMENT";

  test("gives back what was there, whatever the order of the ends", () => {
    const first = changeEnvironment({ [name]: "1" });
    const second = changeEnvironment({ [name]: "2" });
    expect(process.env[name]).toBe("2");
    first[Symbol.dispose]();
    expect(process.env[name]).toBe("2");
    second[Symbol.dispose]();
    expect(process.env[name]).toBeUndefined();
  });

  test("hides the machine's AWS variables while it lasts", () => {
    using _machine = changeEnvironment({ AWS_PROFILE: "mine" });
    {
      using _server = changeAwsEnvironment({ AWS_REGION: "eu-west-1", PORT: "0" });
      expect(process.env).toMatchObject({ AWS_REGION: "eu-west-1", AWS_CONFIG_FILE: "/dev/null" });
      expect(process.env.AWS_PROFILE).toBeUndefined();
    }
    expect(process.env.AWS_PROFILE).toBe("mine");
  });
});

test("a server that does not start leaves the environment and its data folder free", async () => {
  await using folder = await makeTemporaryFolder();
  const before = { ...process.env };
  const env = { VALETKEY_DATA_DIR: folder.path };
  await expect(startDemoServer({ ...env, AWS_PROFILE: "x", HOST: "192.0.2.1" })).rejects.toThrow("HOST");
  expect(process.env).toEqual(before);
  await using server = await startDemoServer(env);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
