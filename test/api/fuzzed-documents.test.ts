import { expect, test } from "vitest";
import { limits } from "../../src/graphql/operation/limits.ts";
import { createSchema } from "../../src/graphql/schema.ts";
import { DocumentFuzzer } from "../fuzz/documents.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer({ env: { NODE_ENV: "production" } }));

test.each([1, 2, 3])("hostile documents of seed %i get bounded responses", async (seed) => {
  const fuzzer = new DocumentFuzzer(await createSchema(), seed);
  for (let round = 0; round < 20; round += 1) {
    const { shape, ...body } = fuzzer.next();
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect([200, 400, 413], `${shape}: ${text.slice(0, 500)}`).toContain(response.status);
    expect(text.length, shape).toBeLessThan(limits.responseBytes + 2 * limits.errorBytes);
    const { errors = [] } = JSON.parse(text) as {
      errors?: { message: string; extensions: { code: string } }[];
    };
    for (const { message, extensions } of errors) {
      expect(message.length, shape).toBeLessThanOrEqual(limits.messageLength);
      expect(extensions.code, `${shape}: ${message}`).not.toBe("INTERNAL_SERVER_ERROR");
    }
  }
});
