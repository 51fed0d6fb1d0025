import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPrimaryMetrics } from "../../src/app/cluster/metric-report.ts";
import { repository } from "../support/build-context.ts";
import { startDemoServer } from "../support/test-server.ts";

test("docs/guides/metrics.md has one row for each metric of the server, with its type and its description", async () => {
  await using server = await startDemoServer();
  const registries = [server.app.registry, createPrimaryMetrics(() => 0).registry];
  const metrics = (await Promise.all(registries.map((each) => each.getMetricsAsJSON()))).flat();
  const rows = metrics
    .filter(({ name }) => name.startsWith("valetkey_"))
    .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
  const guide = readFileSync(join(repository, "docs/guides/metrics.md"), "utf8");
  const described = guide.split("\n").filter((line) => line.startsWith("| `valetkey_"));
  // Only with Redis.
  expect(described.filter((line) => !line.startsWith("| `valetkey_redis_")).sort()).toEqual(rows.sort());
});
