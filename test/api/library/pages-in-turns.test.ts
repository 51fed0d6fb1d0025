import { setImmediate as nextTurn } from "node:timers/promises";
import { graphql } from "graphql";
import { expect, test } from "vitest";
import { runtimeOf } from "../../../src/app/runtime-of.ts";
import { startLibrary } from "../../support/library.ts";

const principal = { authenticated: false } as const;
const objects = 150;

test("other requests run while the URLs of a page are signed", async () => {
  await using library = await startLibrary();
  const { valetKey } = library;
  const caller = valetKey.for(principal);
  await Promise.all(
    Array.from({ length: objects }, (_, index) =>
      caller.uploadStream(
        (async function* () {
          yield Buffer.from("content");
        })(),
        { bucket: "demo", key: `page/${index}` },
      ),
    ),
  );
  const signed = async () => {
    const { registry } = runtimeOf(valetKey).metrics;
    const counted = await registry.getSingleMetric("valetkey_presigned_urls_total")?.get();
    return counted?.values.reduce((sum, { value }) => sum + value, 0) ?? Number.NaN;
  };

  let isRunning = true;
  const response = graphql({
    schema: valetKey.schema,
    source: '{ objects(bucket: "demo", prefix: "page/", first: 1000) { nodes { downloadUrl { url } } } }',
    contextValue: await valetKey.context({ principal }),
  }).finally(() => {
    isRunning = false;
  });
  const signedInTurn: number[] = [];
  let before = await signed();
  while (isRunning) {
    await nextTurn();
    const now = await signed();
    signedInTurn.push(now - before);
    before = now;
  }
  expect(await response).not.toHaveProperty("errors");
  expect(signedInTurn.reduce((sum, each) => sum + each, 0)).toBe(objects);
  expect(Math.max(...signedInTurn)).toBeLessThanOrEqual(100);
});
