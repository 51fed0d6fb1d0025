import { describe, expect, test } from "vitest";
import type { Region, Regions } from "../../../src/core/object-address.ts";
import { parseBucketAddress, parseObjectAddress } from "../../../src/graphql/addresses.ts";

const regions: Regions = {
  allowed: ["eu-central-1", "us-east-1"] as Region[],
  default: "eu-central-1" as Region,
};
const badInput = (field: string) => expect.objectContaining({ code: "BAD_USER_INPUT", field });

describe("parseBucketAddress", () => {
  test("uses the default region if none is given", () => {
    for (const region of [undefined, null])
      expect(parseBucketAddress({ bucket: "demo", region }, regions)).toEqual({
        ...{ bucket: "demo", region: "eu-central-1" },
      });
    expect(parseBucketAddress({ bucket: "demo", region: "us-east-1" }, regions).region).toBe("us-east-1");
  });

  test("names the invalid argument", () => {
    expect(() => parseBucketAddress({ bucket: "Demo" }, regions)).toThrow(badInput("bucket"));
    expect(() => parseBucketAddress({ bucket: "demo", region: "" }, regions)).toThrow(badInput("region"));
  });
});

describe("parseObjectAddress", () => {
  test("contains a version only if one is given", () => {
    expect(parseObjectAddress({ bucket: "demo", key: "a" }, regions)).toEqual({
      ...{ bucket: "demo", key: "a", region: "eu-central-1" },
    });
    expect(parseObjectAddress({ bucket: "demo", key: "a", versionId: null }, regions)).not.toHaveProperty(
      "versionId",
    );
  });

  test.each(["null", "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo", "a/b_c~d-e.f="])(
    "takes the version id %s",
    (versionId) => {
      expect(parseObjectAddress({ bucket: "demo", key: "a", versionId }, regions).versionId).toBe(versionId);
    },
  );

  test.each(["", " ", "a b", "a&b=c", "a#b", "a?b", "a%20b", "a\nb", "ü", "v".repeat(1025)])(
    "refuses the version id %j",
    (versionId) => {
      expect(() => parseObjectAddress({ bucket: "demo", key: "a", versionId }, regions)).toThrow(
        badInput("versionId"),
      );
    },
  );

  test("names a key that is invalid", () => {
    expect(() => parseObjectAddress({ bucket: "demo", key: "" }, regions)).toThrow(badInput("key"));
  });
});
