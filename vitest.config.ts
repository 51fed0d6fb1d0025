import { createRequire } from "node:module";
import { defineConfig } from "vitest/config";

// One copy of graphql: vite would load its ES modules and Node, for type-graphql, its CommonJS ones.
const graphql = createRequire(import.meta.url).resolve("graphql");

const shared = {
  // By default, vitest leaves one processor unused, which is half of two.
  maxWorkers: "100%",
  // Files share processes: to load the modules anew would cost 1.5 s of processor time for each file, which is 40 % of what
  // the tests of the API take. So a file replaces no module, and leaves nothing behind.
  isolate: false,
  // Limits against tests that hang. A busy machine must not reach them.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 120_000 } },
};

/** One file after the other, behind the files of other projects. Files that share processes cannot do it beside others. */
const oneAfterTheOther = { fileParallelism: false, sequence: { groupOrder: 1 } };

export default defineConfig({
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: graphql },
      // The source of the workspace's packages, not what was last built. globalSetup files ignore ssr.resolve.
      { find: /^@valetkey\/([\w-]+)$/, replacement: `${import.meta.dirname}/packages/$1/src/index.ts` },
      { find: /^@valetkey\/([\w-]+)\/([\w-]+)$/, replacement: `${import.meta.dirname}/packages/$1/src/$2` },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "unit",
          include: ["test/unit", "test/support", "test/soak", "packages/*/test"].map(
            (folder) => `${folder}/**/*.test.ts`,
          ),
        },
      },
      {
        extends: true,
        test: { ...shared, name: "api", include: ["test/api/**/*.test.ts", "test/fuzz/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          ...shared,
          ...oneAfterTheOther,
          name: "browser",
          // A starved browser may lose a tab or a connection. A test that fails twice is a fault of ours.
          retry: process.env.CI ? 1 : 0,
          include: ["test/browser/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "scale",
          include: ["test/scale/**/*.test.ts"],
          globalSetup: ["test/support/store-under-test.ts"],
        },
      },
      { extends: true, test: { ...shared, name: "faults", include: ["test/faults/**/*.test.ts"] } },
      {
        extends: true,
        test: { ...shared, name: "promises", include: ["test/promises/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "examples",
          include: ["test/examples/**/*.test.ts"],
          globalSetup: ["test/examples/install.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          exclude: ["test/contract/browser"],
          globalSetup: ["test/support/store-under-test.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          ...oneAfterTheOther,
          name: "contract-browser",
          include: ["test/contract/browser/**/*.test.ts"],
          globalSetup: ["test/support/store-under-test.ts"],
        },
      },
    ],
  },
});
