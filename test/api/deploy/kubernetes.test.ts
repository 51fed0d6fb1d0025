import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { IDeployment } from "kubernetes-models/apps/v1";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import type { IService } from "kubernetes-models/v1";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseAccessFile } from "../../../src/access/access-file.ts";
import { loadConfig } from "../../../src/app/config/config.ts";
import { repository } from "../../support/build-context.ts";
import { onlyStep, parseDockerfile } from "../../support/dockerfile.ts";
import { type Manifest, schemaFault, typeFaults } from "../../support/kubernetes.ts";
import { codeBlocks } from "../../support/markdown.ts";
import { startTestServer } from "../../support/test-server.ts";

interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
  readonly images?: readonly { readonly name: string; readonly newTag: string }[];
  readonly configMapGenerator?: readonly {
    readonly name: string;
    readonly envs?: readonly string[];
    readonly files?: readonly string[];
  }[];
}

const folder = join(repository, "deploy/kubernetes");
const read = (path: string) => readFileSync(join(folder, path), "utf8");
const kustomizationOf = (name: string) => parse(read(`${name}/kustomization.yaml`)) as Kustomization;

const base = kustomizationOf("base");
const components = ["components/redis", "components/traces"];
const names = ["base", "overlays/irsa", "overlays/pod-identity", ...components];
const manifests = names.flatMap((name) => {
  const { resources, patches = [] } = kustomizationOf(name);
  const files = [...resources, ...patches.map(({ path }) => path)].filter((path) => path.endsWith(".yaml"));
  return files.map((path) => parse(read(join(name, path))) as Manifest);
});
const manifest = <Kind>(kind: string) => manifests.find((each) => each.kind === kind) as Kind;

// The fields that the tests use must exist, so a missing one fails the test with a TypeError.
type Present<Value> = { [Key in keyof Value]-?: Present<NonNullable<Value[Key]>> };
const deployment = manifest<Present<IDeployment>>("Deployment");
const service = manifest<Present<IService>>("Service");
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
if (container === undefined) throw new Error("The Deployment has no container.");

const environment = parseEnv(read("base/valetkey.env")) as Record<string, string>;
const config = loadConfig({
  NODE_ENV: "production",
  HOST: "0.0.0.0",
  VALETKEY_SECRET: "0".repeat(64),
  ...environment,
});

describe("the manifests", () => {
  test.each(manifests.map((each) => [`${each.kind} ${each.metadata.name}`, each] as const))(
    "%s fits its schema",
    async (_name, each) => {
      expect(await schemaFault(each)).toBeUndefined();
    },
  );

  test("have no unknown fields", async () => {
    expect(await typeFaults(manifests)).toEqual([]);
  });

  test("would be refused with a misspelled field or a value of the wrong type", async () => {
    const { spec, ...rest } = manifest<Manifest & { spec: object }>("Deployment");
    expect(await typeFaults([{ ...rest, spec: { ...spec, replica: 2 } } as Manifest])).toEqual([
      expect.stringContaining(`'"replica"' does not exist`),
    ]);
    expect(await schemaFault({ ...rest, spec: { ...spec, replicas: "two" } } as Manifest)).toContain(
      "replicas",
    );
  });

  test.each(names)("of %s are all there", (name) => {
    const { resources, patches = [], configMapGenerator = [] } = kustomizationOf(name);
    const generated = configMapGenerator.flatMap(({ envs = [], files = [] }) => [...envs, ...files]);
    for (const path of [...resources, ...patches.map((each) => each.path), ...generated]) {
      expect(existsSync(join(folder, name, path)), path).toBe(true);
    }
  });

  test("select the pods by the label that these have", () => {
    const { labels } = deployment.spec.template.metadata;
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(service.spec.selector).toEqual(labels);
    for (const { labelSelector } of pod.topologySpreadConstraints) {
      expect(labelSelector.matchLabels).toEqual(labels);
    }
    const selecting = manifests.filter(({ kind }) => ["NetworkPolicy", "PodDisruptionBudget"].includes(kind));
    expect(selecting).toHaveLength(5);
    for (const each of selecting) {
      const { podSelector, selector } = (each as unknown as { spec: Record<string, object> }).spec;
      expect(podSelector ?? selector).toEqual({ matchLabels: labels });
    }
  });

  test("have a component for everything that the guide's variables lead to", () => {
    const guide = readFileSync(join(repository, "docs/guides/deploy-kubernetes.md"), "utf8");
    const used = codeBlocks("yaml", guide).flatMap(
      (block) => (parse(block) as { components?: string[] }).components ?? [],
    );
    expect(used.map((path) => join("overlays/irsa", path))).toEqual(components);
    for (const name of components) expect(kustomizationOf(name)).toMatchObject({ kind: "Component" });

    const [variables = ""] = codeBlocks("sh", guide).filter((block) => block.includes("VALETKEY_REDIS_URL="));
    const { VALETKEY_REDIS_URL, OTEL_EXPORTER_OTLP_ENDPOINT, ...others } = parseEnv(variables);
    expect(others).toEqual({ NODE_OPTIONS: "--import valetkey/telemetry" });
    expect(() =>
      loadConfig({ ...environment, VALETKEY_SECRET: "0".repeat(64), VALETKEY_REDIS_URL }),
    ).not.toThrow();
    const reachable = components.map((name) => {
      const policy = parse(read(join(name, "network-policy.yaml"))) as Present<INetworkPolicy>;
      return policy.spec.egress.map(({ to, ports }) => [
        ...to.map(({ namespaceSelector }) => Object.values(namespaceSelector.matchLabels).join()),
        ...ports.map(({ port }) => port),
      ]);
    });
    const needed = [VALETKEY_REDIS_URL, OTEL_EXPORTER_OTLP_ENDPOINT].map((address = "") => {
      const { hostname, port } = new URL(address);
      return [[hostname.split(".")[1], Number(port)]];
    });
    expect(reachable).toEqual(needed);
  });

  test("use an image with a version, never latest", () => {
    const [image] = base.images ?? [];
    expect(container.image).toBe(image?.name);
    expect(image?.newTag).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe("the pod", () => {
  test("has the time that preStop, the delay and the drain take", () => {
    const { drainDelaySeconds, drainSeconds } = config;
    const seconds = container.lifecycle.preStop.sleep.seconds + drainDelaySeconds + drainSeconds;
    expect(seconds + 5).toBeLessThanOrEqual(pod.terminationGracePeriodSeconds);
  });

  test("runs as the user of the image, without privileges, on a read-only file system", () => {
    const stage = parseDockerfile(readFileSync(join(repository, "deploy/Dockerfile"), "utf8")).at(-1);
    if (stage === undefined) throw new Error("The Dockerfile has no stage.");
    const { runAsUser, runAsGroup } = pod.securityContext;
    expect(onlyStep(stage, "USER").text).toBe(`${runAsUser}:${runAsGroup}`);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("gets no variables for Services, which the server would refuse as unknown", () => {
    const linked = { ...environment, VALETKEY_SERVICE_HOST: "10.0.0.1", VALETKEY_SECRET: "0".repeat(64) };
    expect(() => loadConfig(linked)).toThrow("VALETKEY_SERVICE_HOST");
    expect(pod.enableServiceLinks).toBe(false);
  });

  test("gets the ConfigMaps that are generated, and finds the access file in one of them", () => {
    const generated = base.configMapGenerator ?? [];
    const [access] = pod.volumes;
    const [mount] = container.volumeMounts;
    const used = [container.envFrom[0]?.configMapRef.name, access?.configMap.name];
    expect(used).toEqual(generated.map(({ name }) => name));
    expect(mount?.name).toBe(access?.name);
    const [file = ""] = generated.flatMap(({ files = [] }) => files);
    expect(environment.VALETKEY_GRANTS).toBe(`${mount?.mountPath}/${file}`);
    expect(() => parseAccessFile(read(`base/${file}`), file)).not.toThrow();
  });

  test("listens where the Service and the probes expect it", () => {
    expect(container.ports).toEqual([
      { name: "http", containerPort: config.port },
      { name: "metrics", containerPort: config.metricsPort },
    ]);
    expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(["http"]);
  });

  test("is scraped at the port of the metrics, which only Prometheus reaches", async () => {
    const { annotations } = deployment.spec.template.metadata;
    expect(annotations).toEqual({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": String(config.metricsPort),
      "prometheus.io/path": "/metrics",
    });
    const policy = manifest<Present<INetworkPolicy>>("NetworkPolicy");
    const allowed = policy.spec.ingress.map(({ from, ports }) => ({
      from: from.map(({ namespaceSelector }) => Object.values(namespaceSelector.matchLabels).join()),
      ports: ports.map(({ port }) => port),
    }));
    expect(allowed).toEqual([
      { from: ["ingress-nginx"], ports: ["http"] },
      { from: ["monitoring"], ports: ["metrics"] },
    ]);
  });

  test("takes VALETKEY_SECRET from a Secret, never from a file of the repository", () => {
    expect(container.env.map(({ name }) => name)).toEqual(["VALETKEY_SECRET"]);
    expect(container.env[0]?.valueFrom.secretKeyRef).toEqual({ name: "valetkey", key: "secret" });
    expect(environment).not.toHaveProperty("VALETKEY_SECRET");
  });
});

describe("a probe", () => {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const probes = { startupProbe, readinessProbe, livenessProbe };

  test("asks a path that the server has", async () => {
    await using server = await startTestServer();
    for (const { httpGet } of Object.values(probes)) {
      expect(httpGet.port).toBe("http");
      expect((await fetch(`${server.url}${httpGet.path}`)).status).toBe(200);
    }
  });

  test("does not restart a pod that is only not ready", () => {
    expect(livenessProbe.httpGet.path).toBe("/healthz");
    expect(readinessProbe.httpGet.path).toBe("/readyz");
  });
});
