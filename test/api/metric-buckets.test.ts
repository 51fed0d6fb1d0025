import { expect, test } from "vitest";
import { startDemoServer } from "../support/test-server.ts";

test("the buckets of durations reach from 0.5 ms to 30 s", async () => {
  await using server = await startDemoServer();
  await server.client.data("{ __typename }");
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const buckets = text.matchAll(/^valetkey_graphql_request_duration_seconds_bucket\{le="([^"]+)"/gm);
  const bounds = [...buckets].map(([, bound]) => bound);
  expect(bounds.at(0)).toBe("0.0005");
  expect(bounds.slice(-2)).toEqual(["30", "+Inf"]);
});
