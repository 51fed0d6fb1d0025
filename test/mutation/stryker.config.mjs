// npm run mutate: see docs/reliability.md, "Mutation testing".
const runner = "./node_modules/@stryker-mutator/vitest-runner/dist/src/index.js";

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  plugins: [import.meta.resolve(runner)],
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  mutate: ["src/access/**/*.ts", "src/storage/signing/**/*.ts", "src/storage/multipart/**/*.ts"],
  // Constants of modules: each of these mutants would need all tests again.
  ignoreStatic: true,
  concurrency: 1,
  // A busy machine must not look like a mutant that loops forever.
  timeoutMS: 20_000,
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, logTests: false },
  jsonReporter: { fileName: "build/mutation.json" },
  // What the tests do not need is not copied.
  ignorePatterns: [
    "bench",
    "build",
    "deploy",
    "dist",
    "docs",
    "examples",
    "test/mutation/node_modules",
    "web",
  ],
  tempDirName: "build/stryker",
};
