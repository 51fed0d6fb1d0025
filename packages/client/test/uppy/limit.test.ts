import Uppy from "@uppy/core";
import { expect, test } from "vitest";
import { createValetKey } from "../../src/index.ts";
import { ValetKeyUppy } from "../../src/uppy/valet-key-uppy.ts";

const client = createValetKey({ url: "http://127.0.0.1:1/graphql" });
const destination = () => ({ bucket: "demo", key: "file" });

test.each([-1, Number.NaN])("a limit of %d, with which no upload would start, is BAD_USER_INPUT", (limit) => {
  expect(() => new Uppy().use(ValetKeyUppy, { client, destination, limit })).toThrow(
    expect.objectContaining({ name: "ValetKeyError", code: "BAD_USER_INPUT" }),
  );
});
