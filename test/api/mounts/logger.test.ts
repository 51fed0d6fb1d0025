import Fastify from "fastify";
import { expect, test } from "vitest";
import { valetKeyFastify } from "../../../src/fastify.ts";
import { startLibrary } from "../../support/library.ts";

/** A stream that collects the lines of a log. */
function collectLines() {
  const lines: { readonly msg: string }[] = [];
  return { lines, write: (line: string) => void lines.push(JSON.parse(line)) };
}

test.each([
  ["writes nothing", false, []],
  ["is pino", true, ["answered a request"]],
])("Valet Key uses the logger of a Fastify server, which %s", async (_what, hasLogger, expected) => {
  const stream = collectLines();
  const app = Fastify({ logger: hasLogger && { stream } });
  await using library = await startLibrary({ log: app.log });
  await app.register(valetKeyFastify, { valetKey: library.valetKey });
  const response = await app.inject({
    method: "POST",
    url: "/graphql",
    payload: { query: '{ downloadUrl(bucket: "other", key: "a") { url } }' },
  });
  await app.close();
  expect(response.json().errors[0].extensions.code).toBe("FORBIDDEN");
  expect(stream.lines.map(({ msg }) => msg).filter((msg) => msg === "answered a request")).toEqual(expected);
});
