import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { variables } from "../../../src/app/config/variables/variables.ts";
import { buildContext, repository } from "../../support/build-context.ts";
import { environmentOf, execForm, onlyStep, parseDockerfile } from "../../support/dockerfile.ts";

const stages = parseDockerfile(readFileSync(join(repository, "deploy/Dockerfile"), "utf8"));
const last = stages.at(-1);
if (last === undefined) throw new Error("The Dockerfile has no stage.");
const context = buildContext();

test("every base image has a tag of Node's recommended version, never latest", () => {
  const recommended = readFileSync(join(repository, ".nvmrc"), "utf8").trim();
  expect(stages.length).toBe(2);
  for (const { image } of stages) expect(image).toBe(`node:${recommended}-bookworm-slim`);
});

test("every file that is copied from the context exists there", () => {
  const copied = stages.flatMap(({ steps }) =>
    steps.filter(({ keyword, flags }) => keyword === "COPY" && flags.from === undefined),
  );
  expect(copied.length).toBeGreaterThan(0);
  for (const source of copied.flatMap(({ words }) => words.slice(0, -1))) {
    const isThere = context.some((path) => path === source || path.startsWith(`${source}/`));
    expect(isThere, source).toBe(true);
  }
});

test("the context holds no tests, no built files and no secrets", () => {
  expect(context).toEqual(expect.arrayContaining(["package-lock.json", "src/main.ts", "LICENSE"]));
  expect(
    context.filter((path) => /(?:^|\/)(?:test|dist|node_modules|\.env.*|\.git)(?:\/|$)/.test(path)),
  ).toEqual([]);
});

test("packages are installed from the lockfile, without scripts", () => {
  const installs = stages.flatMap(({ steps }) =>
    steps.filter(({ text }) => /\bnpm (?:i|ci|install)\b/.test(text)),
  );
  expect(installs.map(({ text }) => text)).toEqual(["npm ci --ignore-scripts"]);
});

test("the last stage only deletes package managers, and installs nothing", () => {
  const { words } = onlyStep(last, "RUN");
  const [program, option, ...deleted] = words;
  expect([program, option]).toEqual(["rm", "-rf"]);
  for (const path of deleted) {
    expect(path).toMatch(
      /^\/(?:opt\/yarn-\*|usr\/local\/(?:lib\/node_modules|bin\/(?:npm|npx|corepack|yarn|yarnpkg)))$/,
    );
  }
});

test("the image runs as a user with a number other than root's, in production", () => {
  expect(onlyStep(last, "USER").text).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
  expect(environmentOf(last)).toMatchObject({ NODE_ENV: "production", HOST: "0.0.0.0" });
});

test("the command and the health check need no shell, so that the server gets the signals", () => {
  expect(onlyStep(last, "STOPSIGNAL").text).toBe("SIGTERM");
  expect(execForm(onlyStep(last, "ENTRYPOINT"))).toEqual(["node"]);
  expect(execForm(onlyStep(last, "CMD"))).toEqual(["dist/main.js"]);
  expect(execForm(onlyStep(last, "HEALTHCHECK"))[0]).toBe("node");
  expect(onlyStep(last, "HEALTHCHECK").text).toContain("/healthz");
});

test("the image sets only variables that exist, and exposes the default port", () => {
  const known = [...Object.keys(variables), "HOME"];
  for (const name of Object.keys(environmentOf(last))) expect(known).toContain(name);
  expect(onlyStep(last, "EXPOSE").text).toBe(String(variables.PORT.schema.parse(undefined)));
});
