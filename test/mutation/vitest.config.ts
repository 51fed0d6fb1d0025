import { defineConfig } from "vitest/config";
import base from "../../vitest.config.ts";

/** The unit tests of the folders that Stryker mutates, and of those beside them. */
export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  resolve: base.resolve ?? {},
  test: {
    include: ["test/unit/access/**/*.test.ts", "test/unit/storage/**/*.test.ts"],
    setupFiles: [`${import.meta.dirname}/setup.ts`],
    testTimeout: 60_000,
  },
});
