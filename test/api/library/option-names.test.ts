import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { ConfigError, createValetKey, type ValetKeyOptions } from "../../../src/index.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";

const { path: folder } = await shareInFile(makeTemporaryFolder("option-names"));

async function faultOf(options: ValetKeyOptions): Promise<string> {
  const started = createValetKey({ dataDir: join(folder, "store"), logLevel: "silent", ...options });
  const error = await started.then(
    (valetKey) => valetKey.close().then(() => new Error("Valet Key has started.")),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as Error).message;
}

const https = "https://issuer.example";

describe("an error of an option names options, and no variables", () => {
  test.each<[string, ValetKeyOptions]>([
    ["jwtAudience", { jwtAudience: "files" }],
    ["jwtIssuer", { jwksUrl: `${https}/a,${https}/b` }],
    ["jwtIssuer", { jwksUrl: `${https}/a`, nodeEnv: "production", grants: { grants: [] } }],
    ["jwtIssuer", { jwtIssuer: `${https},${https}` }],
    ["jwksUrl", { jwtIssuer: `${https}/1,${https}/2`, jwksUrl: `${https}/a` }],
    ["jwtAudience", { jwtIssuer: `${https}/1,${https}/2,${https}/3`, jwtAudience: "a,b" }],
    ["jwtIssuer", { jwtIssuer: "not a URL" }],
    ["storePort", { storePort: 4000, port: 4000 }],
    ["host", { host: "192.0.2.1" }],
    ["dataDir", { dataDir: "/dev/null/store" }],
    ["regions", { regions: "eu-central-1" }],
    ["roleArn", { nodeEnv: "production" }],
    ["secret", { roleArn: "arn:aws:iam::111122223333:role/a" }],
  ])("%s: %j", async (option, options) => {
    const message = await faultOf(options);
    expect(message.split("\n").map((line) => line.split(":")[0])).toContain(option);
    expect(message).not.toMatch(/VALETKEY_|AWS_|\bPORT\b|\bHOST\b/);
  });
});

test("warnings name options too", async () => {
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
  const valetKey = await createValetKey({
    dataDir: join(folder, "warnings"),
    jwksUrl: `${https}/keys`,
    host: "0.0.0.0",
    log,
  });
  await valetKey.close();
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).not.toContain("VALETKEY_");
  expect(lines.join()).toContain("publicEndpointUrl");
});
