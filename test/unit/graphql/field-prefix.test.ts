import { describe, expect, test } from "vitest";
import { badUserInput, ValetKeyError } from "../../../src/core/errors.ts";
import { type FieldPaths, withFieldPrefix } from "../../../src/graphql/field-prefix.ts";

function failing(error: Error, paths: string | FieldPaths): Promise<Error> {
  return withFieldPrefix<Error>(paths, () => {
    throw error;
  }).catch((caught: Error) => caught);
}

describe("withFieldPrefix", () => {
  test("passes results through, from functions with and without a promise", async () => {
    expect(await withFieldPrefix("input.", () => 1)).toBe(1);
    expect(await withFieldPrefix("input.", async () => 2)).toBe(2);
  });

  test.each<[string, string | FieldPaths, string | undefined]>([
    ["key", "input.", "input.key"],
    ["checksum.value", "uploads.3.input.", "uploads.3.input.checksum.value"],
    ["key", "", "key"],
    ["size", { fieldPrefix: "input.", elsewhere: { size: "size" } }, "size"],
    ["file", { fieldPrefix: "inputs.2.", elsewhere: { file: "files.2" } }, "files.2"],
    ["from.versionId", { fieldPrefix: "to.", elsewhere: { from: "from" } }, "from.versionId"],
    ["size", { fieldPrefix: "to.", elsewhere: { size: undefined } }, undefined],
    ["constructor", { fieldPrefix: "to.", elsewhere: {} }, "to.constructor"],
  ])("turns the field %s, with %j, into %s", async (field, paths, path) => {
    expect(await failing(badUserInput(field, "Not valid."), paths)).toMatchObject({ field: path });
  });

  test("keeps everything else of the error, and leaves the original as it is", async () => {
    const original = new ValetKeyError("UPLOAD_TOO_LARGE", "Too large.", {
      field: "size",
      retryable: true,
      cause: "cause",
      reason: "reason",
    });
    const copy = await failing(original, "uploads.0.");
    expect(copy).toBeInstanceOf(ValetKeyError);
    expect(copy).toMatchObject({
      ...original,
      message: "Too large.",
      cause: "cause",
      field: "uploads.0.size",
    });
    expect(copy.stack).toBe(original.stack);
    expect(original.field).toBe("size");
  });

  test("passes on errors that name no field", async () => {
    for (const error of [new Error("any"), new ValetKeyError("FORBIDDEN", "No.")]) {
      expect(await failing(error, "input.")).toBe(error);
    }
  });
});
