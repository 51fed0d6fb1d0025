import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const repository = resolve(import.meta.dirname, "../..");

/** The files of the repository that .dockerignore lets `docker build` see, except those that git ignores. */
export function buildContext(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
    maxBuffer: 64 * 1024 ** 2,
  });
  const isIgnored = ignoredBy(readFileSync(join(repository, ".dockerignore"), "utf8"));
  return listed
    .split("\0")
    .filter((path) => path !== "" && !isIgnored(path) && existsSync(join(repository, path)));
}

/**
 * Three kinds of patterns of a .dockerignore: `*`, then exceptions (`!name`, a file or folder at the top), then names that are
 * ignored everywhere (`**` and a name, where `*` stands for any characters).
 */
function ignoredBy(file: string): (path: string) => boolean {
  const [all, ...patterns] = file.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const exceptions = patterns.filter((each) => /^![\w.-]+$/.test(each)).map((each) => each.slice(1));
  const names = patterns.filter((each) => /^\*\*\/[\w.*-]+$/.test(each)).map((each) => each.slice(3));
  if (all !== "*" || exceptions.length + names.length !== patterns.length) {
    throw new Error(".dockerignore has a pattern of another kind.");
  }
  const isIgnoredName = names.map((name) => {
    const pattern = name.replaceAll(".", "\\.").replaceAll("*", ".*");
    return new RegExp(`^${pattern}$`);
  });
  return (path) => {
    const segments = path.split("/");
    const isException = exceptions.includes(segments[0] ?? "");
    return !isException || segments.some((segment) => isIgnoredName.some((name) => name.test(segment)));
  };
}
