import { expect, it } from "vitest";
import { nearestName } from "../../../src/core/nearest-name.ts";

const names = ["GRANTS", "REGIONS", "MAX_FILES", "MAX_UPLOAD_BYTES"];

it.each([
  ["GRANT", "GRANTS"],
  ["REGOINS", "REGIONS"],
  ["MAXFILES", "MAX_FILES"],
  ["MAX_UPLOAD_SIZE", "MAX_UPLOAD_BYTES"],
])("takes %s for %s", (written, meant) => {
  expect(nearestName(written, names)).toBe(meant);
});

it.each(["FOO", "BUCKET", "", "G"])("takes %j for none", (written) => {
  expect(nearestName(written, names)).toBeUndefined();
});
