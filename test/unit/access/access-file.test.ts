import { execFileSync } from "node:child_process";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  AccessFileError,
  parseAccessFile,
  readAccessFile,
  reloadAccessFile,
} from "../../../src/access/access-file.ts";
import { Grants } from "../../../src/access/grants.ts";
import { Buckets } from "../../../src/core/bucket-settings.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { principalOf } from "./principals.ts";

const contractExample = `grants:
  - who: anonymous
    bucket: public-assets
    prefix: ""
    allow: [DOWNLOAD]
  - who: authenticated
    bucket: user-content
    prefix: "users/{sub}/"
    allow: [DELETE, DOWNLOAD, UPLOAD, LIST]
    maxUploadBytes: 5GiB
    contentTypes: ["Image/*", "application/pdf"]
    maxExpiresSeconds: 3600
  - who: {role: [editor, admin], org.id: acme}
    bucket: user-content
    allow: [LIST]
`;

function faultsOf(text: string): string[] {
  try {
    parseAccessFile(text, "grants.yaml");
  } catch (error) {
    if (error instanceof AccessFileError) return error.message.split("\n");
    throw error;
  }
  return [];
}

describe("a valid file", () => {
  test("gives its grants to the callers that match", () => {
    const { rules, warnings } = parseAccessFile(contractExample, "grants.yaml");
    const grants = new Grants(rules);
    expect(warnings).toEqual([]);
    expect(grants.grantsFor(anonymous)).toEqual([
      { bucket: "public-assets", prefix: "", actions: ["DOWNLOAD"] },
    ]);
    const users = {
      bucket: "user-content",
      prefix: "users/alice/",
      actions: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"],
      maxUploadBytes: 5 * 2 ** 30,
      contentTypes: ["image/*", "application/pdf"],
      maxExpiresSeconds: 3600,
    };
    expect(grants.grantsFor(principalOf("alice"))).toEqual([users]);
    expect(grants.grantsFor(principalOf("alice", { role: "admin", org: { id: "acme" } }))).toEqual([
      users,
      { bucket: "user-content", prefix: "", actions: ["LIST"] },
    ]);
    expect(grants.grantsFor(principalOf("a/b"))).toEqual([]);
  });

  test("may be JSON, and may be empty", () => {
    const json = JSON.stringify({ grants: [{ who: "anonymous", bucket: "demo", allow: ["LIST"] }] }, null, 2);
    expect(parseAccessFile(json, "grants.json").rules).toHaveLength(1);
    expect(parseAccessFile("grants: []", "grants.yaml").rules).toEqual([]);
  });

  test("gives the same array for the same principal, until it is replaced", () => {
    const grants = new Grants(parseAccessFile(contractExample, "grants.yaml").rules);
    const alice = principalOf("alice");
    const before = grants.grantsFor(alice);
    expect(grants.grantsFor(alice)).toBe(before);
    grants.replace([]);
    expect(grants.grantsFor(alice)).toEqual([]);
  });

  test("warns of a prefix that ends in a claim", () => {
    const text = "grants:\n  - {who: authenticated, bucket: demo, prefix: 'u/{team.id}', allow: [LIST]}\n";
    expect(parseAccessFile(text, "grants.yaml").warnings).toEqual([
      expect.stringMatching(/^grants.yaml:2:48: ends in a claim: without a slash after \{team\.id\}/),
    ]);
  });
});

describe("an invalid file is refused with line and column", () => {
  const rule = (line: string) =>
    `grants:\n  - who: authenticated\n    bucket: demo\n    allow: [LIST]\n    ${line}\n`;

  test.each([
    ["prefix: '{sub'", "grants.yaml:5:13: grants.0.prefix: a brace without its pair"],
    ["prefix: 'a/../b/'", 'grants.yaml:5:13: grants.0.prefix: a prefix has no "." or ".."'],
    ["maxUploadBytes: 5GB", "grants.yaml:5:21: grants.0.maxUploadBytes: takes bytes"],
    ["maxUploadBytes: 0", "grants.yaml:5:21: grants.0.maxUploadBytes: takes bytes"],
    ["contentTypes: [image/png, pdf]", "grants.yaml:5:31: grants.0.contentTypes.1: takes a media type"],
    ["contentTypes: []", "grants.yaml:5:19: grants.0.contentTypes: "],
    ["maxExpiresSeconds: 604801", "grants.yaml:5:24: grants.0.maxExpiresSeconds: "],
    ["maxUploadSize: 5GiB", 'grants.yaml:5:5: "maxUploadSize" is not a property here'],
    ["bucket: other", "grants.yaml:5:5: Map keys must be unique"],
    ["prefix: [", "grants.yaml:6:1: "],
  ])("%s", (line, fault) => {
    expect(faultsOf(rule(line))).toEqual([expect.stringContaining(fault)]);
  });

  test.each([
    [
      "grants:\n  - {who: everyone, bucket: demo, allow: [LIST]}",
      "2:11: grants.0.who: takes anonymous, authenticated",
    ],
    ["grants:\n  - {who: {}, bucket: demo, allow: [LIST]}", "2:11: grants.0.who: does not name a claim"],
    ["grants:\n  - {who: {role: []}, bucket: demo, allow: [LIST]}", "grants.0.who"],
    ["grants:\n  - {who: anonymous, bucket: Demo, allow: [LIST]}", "2:30: grants.0.bucket: not the name"],
    ["grants:\n  - {who: anonymous, bucket: demo, allow: []}", "2:43: grants.0.allow"],
    ["grants:\n  - {who: anonymous, bucket: demo, allow: [WRITE]}", "2:44: grants.0.allow.0"],
    ["grants:\n  - {who: anonymous, bucket: demo}", "2:5: grants.0.allow"],
    [
      "grants:\n  - {who: anonymous, bucket: demo, prefix: '{sub}/', allow: [LIST]}",
      "2:44: grants.0.prefix: an anonymous",
    ],
    ["", "1:1: "],
    ["- a", "1:1: "],
    ["grants: []\nmore: 1", '2:1: "more" is not a property'],
    ["grants: []\n---\ngrants: []", ""],
    ["\u0000", ""],
    [`a: &a [${"x,".repeat(50)}]\ngrants: [${"*a,".repeat(200)}]`, "too many aliases"],
    ["x".repeat(2 ** 20 + 1), "more than 1 MiB"],
  ])("%#", (text, fault) => {
    expect(faultsOf(text).join("\n")).toContain(fault === "" ? "grants.yaml:" : fault);
  });

  test("all of them at once", () => {
    expect(faultsOf("grants:\n  - {who: x, bucket: X, allow: [X], more: 1}\n  - 7")).toHaveLength(5);
  });

  test("rules that never fit into a session policy are refused", () => {
    const rules = Array.from(
      { length: 60 },
      (_, index) =>
        `  - {who: authenticated, bucket: user-content, prefix: "projects-${index}/{sub}/", allow: [DOWNLOAD]}`,
    );
    expect(faultsOf(`grants:\n${rules.join("\n")}`).join()).toMatch(
      /^grants.yaml:\d+:5: The session policy has \d+ char/,
    );
  });
});

describe("reloading", () => {
  const logged: string[] = [];
  const write = (level: string) => (first: unknown, message?: string) =>
    void logged.push(`${level}: ${message ?? String(first)}`);
  const log = { info: write("info"), warn: write("warn"), error: write("error") };
  let folder = "";
  beforeEach(async () => {
    logged.length = 0;
    folder = await mkdtemp(join(tmpdir(), "valetkey-grants-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("replaces the rules only if the file is valid", async () => {
    const path = join(folder, "grants.yaml");
    await writeFile(path, contractExample);
    const grants = new Grants((await readAccessFile(path)).rules);
    const access = { grants, buckets: new Buckets() };
    for (const bad of ["grants: [", "grants:\n  - {who: anonymous}", ""]) {
      await writeFile(path, bad);
      expect(await reloadAccessFile(path, access, log)).toBe(false);
    }
    expect(await reloadAccessFile(join(folder, "gone.yaml"), access, log)).toBe(false);
    expect(logged.filter((line) => line.startsWith("error:"))).toHaveLength(4);
    expect(grants.grantsFor(anonymous)).toHaveLength(1);

    await writeFile(path, "grants: []");
    expect(await reloadAccessFile(path, access, log)).toBe(true);
    expect(grants.grantsFor(anonymous)).toEqual([]);
  });
});

describe("an access file that is not a regular file", () => {
  test.each(["/dev/zero", "/dev/stdin", "/proc/self/fd", "/"])(
    "is refused and not read forever: %s",
    async (path) => {
      await expect(readAccessFile(path)).rejects.toThrow(
        /^\/.*: cannot be read \((?:not a regular file|E\w+)\); takes a file of YAML or JSON/,
      );
    },
  );

  test("is refused if it is a pipe that no process writes to", async () => {
    const directory = await mkdtemp(join(tmpdir(), "valetkey-grants-"));
    try {
      execFileSync("mkfifo", [join(directory, "pipe")]);
      await expect(readAccessFile(join(directory, "pipe"))).rejects.toThrow("not a regular file");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("is refused before it is read if it is too large", async () => {
    const directory = await mkdtemp(join(tmpdir(), "valetkey-grants-"));
    try {
      const path = join(directory, "large");
      await writeFile(path, "");
      await truncate(path, 2 ** 40);
      await expect(readAccessFile(path)).rejects.toThrow(`${path}:1:1: more than 1 MiB`);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

test("rules that do not tell callers of several issuers apart cause a warning", () => {
  const file = `grants:
  - { who: authenticated, bucket: demo, prefix: "users/{sub}/", allow: [DOWNLOAD] }
  - { who: { groups: editors }, bucket: demo, allow: [DOWNLOAD] }
  - { who: { iss: "https://one.example" }, bucket: demo, prefix: "one/{sub}/", allow: [DOWNLOAD] }
  - { who: { iss: "https://one.example", groups: editors }, bucket: demo, allow: [DOWNLOAD] }
  - { who: authenticated, bucket: demo, prefix: "all/", allow: [DOWNLOAD] }
  - { who: anonymous, bucket: demo, allow: [DOWNLOAD] }
`;
  expect(parseAccessFile(file, "grants.yaml").warnings).toEqual([]);
  expect(parseAccessFile(file, "grants.yaml", { severalIssuers: true }).warnings).toEqual([
    expect.stringMatching(/^grants.yaml:2:5: .*add iss to who.* same sub /),
    expect.stringMatching(/^grants.yaml:3:5: .*add iss to who.* same groups /),
  ]);
});
