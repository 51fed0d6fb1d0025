import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { GraphQLClient } from "../support/graphql-client.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import {
  createFuzzer,
  exchange,
  findingAbout,
  fuzzerNames,
  fuzzGrants,
  startFuzzIssuer,
  tokenSettings,
} from "./fuzzer.ts";

const issuer = await shareInFile(startFuzzIssuer());
const env = { NODE_ENV: "production", ...tokenSettings(issuer.jwksUrl) };
const server = await shareInFile(startTestServer({ env, grants: fuzzGrants }));
const port = Number(new URL(server.url).port);

const cases = 40;
const rejections: unknown[] = [];
const keepRejection = (reason: unknown) => rejections.push(reason);
process.on("unhandledRejection", keepRejection);

afterEach(() => expect(rejections.splice(0)).toEqual([]));

async function expectServed(): Promise<void> {
  const { data } = await new GraphQLClient(server.url).request("{ viewer { authenticated } }");
  expect(data).toEqual({ viewer: { authenticated: false } });
}

describe.each(fuzzerNames)("hostile %s", (name) => {
  test.each([1, 2])("of seed %i get proper responses, and others are still served", async (seed) => {
    const fuzzer = createFuzzer(name, seed);
    for (let count = 0; count < cases; count += 1) {
      const request = fuzzer.next();
      const finding = findingAbout(name, request, await exchange(port, request.bytes, request));
      expect(finding, `case ${count}: ${request.shape}`).toBeUndefined();
    }
    await expectServed();
  });
});

const corpus = join(import.meta.dirname, "corpus");

/** A request that once showed a fault. `npm run fuzz` writes such files. */
interface CorpusEntry {
  readonly fuzzer: string;
  readonly why: string;
  /** One character for each byte. */
  readonly bytes: string;
  readonly isWellFramed: boolean;
}

test.each(readdirSync(corpus).filter((name) => name.endsWith(".json")))(
  "the fault that %s once showed is mended",
  async (name) => {
    const entry = JSON.parse(readFileSync(join(corpus, name), "utf8")) as CorpusEntry;
    const request = { ...entry, bytes: Buffer.from(entry.bytes, "latin1") };
    const finding = findingAbout(entry.fuzzer, request, await exchange(port, request.bytes, request));
    expect(finding, entry.why).toBeUndefined();
    await expectServed();
  },
);
