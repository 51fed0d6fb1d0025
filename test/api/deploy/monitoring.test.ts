import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createPrimaryMetrics } from "../../../src/app/cluster/metric-report.ts";
import { repository } from "../../support/build-context.ts";
import { parseQuery } from "../../support/promql.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startDemoServer } from "../../support/test-server.ts";

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}
interface AlertRules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly summary: string; readonly runbook: string };
    }[];
  }[];
}

const read = (path: string) => readFileSync(join(repository, path), "utf8");
const dashboard = JSON.parse(read("deploy/grafana/valetkey.json")) as Dashboard;
const { groups } = parse(read("deploy/prometheus/alerts.yaml")) as AlertRules;
const alerts = groups.flatMap(({ rules }) => rules);
const queries = [
  ...alerts.map(({ alert, expr }) => ({ name: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ name: title, expr })),
  ),
];

const server = await shareInFile(startDemoServer());
const labelsOfMetrics = await labelsByMetric();

/** Grafana's own variables. */
const withoutVariables = (expr: string) => expr.replaceAll("$__rate_interval", "5m");

/** The labels that each metric can have, with those that Prometheus adds. */
async function labelsByMetric(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const registries = [server.app.registry, createPrimaryMetrics(() => 0).registry];
  const byName = new Map<string, ReadonlySet<string>>();
  for (const metric of registries.flatMap((registry) => registry.getMetricsAsArray())) {
    const {
      name,
      type,
      labelNames = [],
    } = metric as unknown as {
      name: string;
      type: string;
      labelNames?: string[];
    };
    const labels = new Set(["job", "instance", ...labelNames]);
    if (String(type) !== "histogram") byName.set(name, labels);
    else {
      byName.set(`${name}_bucket`, new Set([...labels, "le"]));
      for (const suffix of ["count", "sum"]) byName.set(`${name}_${suffix}`, labels);
    }
  }
  // Only with Redis. docs/guides/metrics.md has them too.
  byName.set("valetkey_redis_commands_total", new Set(["job", "instance", "outcome"]));
  byName.set("valetkey_redis_up", new Set(["job", "instance"]));
  // Prometheus itself makes it.
  return byName.set("up", new Set(["job", "instance"]));
}

test("there are queries to check", () => {
  expect(alerts.length).toBeGreaterThanOrEqual(10);
  expect(queries.length).toBeGreaterThanOrEqual(30);
});

describe.each(queries)("the query of $name: $expr", ({ expr }) => {
  const { metrics, groupedBy, hasSyntaxError } = parseQuery(withoutVariables(expr));

  test("is PromQL", () => {
    expect(hasSyntaxError).toBe(false);
    expect(metrics.length).toBeGreaterThan(0);
  });

  test("reads metrics that the server has, by labels that they have", () => {
    for (const { metric, labels } of metrics) {
      const known = labelsOfMetrics.get(metric);
      expect(known, metric).toBeDefined();
      for (const label of [...labels, ...groupedBy]) expect(known, `${metric}{${label}}`).toContain(label);
    }
  });
});

test("an unknown metric and an unknown label would be noticed", () => {
  const { metrics, groupedBy } = parseQuery('sum by (le) (rate(valetkey_nothing_total{color="red"}[5m]))');
  expect(metrics).toEqual([{ metric: "valetkey_nothing_total", labels: ["color"] }]);
  expect(groupedBy).toEqual(["le"]);
  expect(labelsOfMetrics.has("valetkey_nothing_total")).toBe(false);
  expect(parseQuery("sum(rate(x[5m])").hasSyntaxError).toBe(true);
});

test.each(alerts)(
  "$alert is in the guide, and its runbook is a section of the documentation",
  ({ alert, annotations }) => {
    expect(read("docs/guides/alerts.md")).toContain(`\`${alert}\``);
    const [path = "", section] = annotations.runbook.split("#");
    const sections = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    expect(sections).toContain(section);
  },
);
