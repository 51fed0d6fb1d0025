import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { version } from "../../src/core/version.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
}).split("\0");

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const isOurs = (name: string) => /^(?:@valetkey\/.*|valetkey)$/.test(name);

test("every package has the version of package.json, and depends on the others with it", () => {
  const workspaces = [
    "package.json",
    "web/package.json",
    "packages/client/package.json",
    "packages/embedded-s3/package.json",
  ];
  for (const path of workspaces) expect((JSON.parse(read(path)) as Manifest).version, path).toBe(version);
  const manifests = tracked.filter((path) => path.endsWith("package.json"));
  for (const path of manifests) {
    const { dependencies, devDependencies } = JSON.parse(read(path)) as Manifest;
    const ours = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) => isOurs(name));
    for (const [name, range] of ours) {
      if (!range.startsWith("file:") || range.endsWith(".tgz"))
        expect(range, `${path}: ${name}`).toContain(version);
    }
  }
});

test("package-lock.json has it, too", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Manifest> };
  const ours = ["", "web", "packages/client", "packages/embedded-s3"].map((path) => packages[path]?.version);
  expect(ours).toEqual([version, version, version, version]);
});

test("the tags of images and the names of tarballs have it", () => {
  const files = tracked.filter(
    (path) => /^(?:deploy|docs|README|examples)/.test(path) && /\.(?:md|ya?ml|json)$|Dockerfile$/.test(path),
  );
  const found = files.flatMap((path) =>
    [
      ...read(path).matchAll(
        /\bvaletkey:(\d[\w.-]*)|\bvaletkey(?:-client)?-(\d[\d.]*\d)\.tgz|newTag: (\S+)/g,
      ),
    ].map(([text, image, tarball, tag]) => ({ path, text, version: image ?? tarball ?? tag })),
  );
  expect(found.length).toBeGreaterThan(5);
  expect(found.filter((each) => each.version !== version)).toEqual([]);
});

test("CHANGELOG.md begins with what is unreleased, and then has this version with its date", () => {
  const [unreleased, current = ""] = read("CHANGELOG.md").match(/^## .*$/gm) ?? [];
  expect(unreleased).toBe("## [Unreleased]");
  expect(current).toMatch(new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d{2}-\\d{2}$`));
});

test("a release publishes only the version of its tag, after the gate", () => {
  const { jobs } = parse(read(".github/workflows/release.yml")) as {
    jobs: Record<string, { needs?: string; permissions?: object; steps: { run?: string; uses?: string }[] }>;
  };
  expect(Object.keys(jobs)).toEqual(["gate", "npm", "image"]);
  const commands = (name: string) => jobs[name]?.steps.map(({ run = "" }) => run) ?? [];
  expect(commands("gate").at(-1)).toBe("bash .ci/run");
  expect(commands("gate").join()).toContain("GITHUB_REF_NAME");
  for (const name of ["npm", "image"])
    expect(jobs[name]).toMatchObject({ needs: "gate", permissions: { "id-token": "write" } });
  expect(commands("npm").filter((run) => run.startsWith("npm publish --provenance"))).toHaveLength(3);
  const actions = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ uses = [] }) => uses));
  expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@(?:v\d+|[0-9a-f]{40})$/.test(action))).toEqual([]);
});
