import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../../support/build-context.ts";

test.each([
  ["container.md", ""],
  ["deploy-kubernetes.md", "deploy/kubernetes"],
])("every file of deploy/ that %s names exists", (name, shortFor) => {
  const guide = readFileSync(join(repository, "docs/guides", name), "utf8");
  const paths = [...guide.matchAll(/\b(?:deploy|base|overlays)\/[\w./-]*\w/g)].map(([path]) => path);
  expect(paths.length).toBeGreaterThan(3);
  // The copy of the example that the reader makes.
  for (const path of paths.filter((each) => !each.endsWith("/.env"))) {
    const fromRoot = path.startsWith("deploy/") ? path : join(shortFor, path);
    expect(existsSync(join(repository, fromRoot)), path).toBe(true);
  }
});
