import { expect, test } from "vitest";
import { nearestName } from "../../../src/core/nearest-name.ts";

const names = ["GRANTS", "REGIONS", "MAX_FILES", "MAX_UPLOAD_BYTES"];

test.each([
  ["GRANT", "GRANTS"],
  ["REGOINS", "REGIONS"],
  ["MAXFILES", "MAX_FILES"],
  ["MAX_UPLOAD_SIZE", "MAX_UPLOAD_BYTES"],
])("takes %s for %s", (written, meant) => {
  expect(nearestName(written, names)).toBe(meant);
});

test.each(["FOO", "BUCKET", "", "G"])("takes %j for none", (written) => {
  expect(nearestName(written, names)).toBeUndefined();
});
