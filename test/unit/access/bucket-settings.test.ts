import { describe, expect, test } from "vitest";
import { AccessFileError, parseAccessFile } from "../../../src/access/access-file.ts";
import { parseBucketName } from "../../../src/core/object-address.ts";

const role = "arn:aws:iam::111122223333:role/valetkey";
const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/** The settings of the bucket "photos" in a file with these lines. */
function settingsOf(lines: string) {
  const indented = lines.replaceAll(/^/gm, "    ");
  const { buckets } = parseAccessFile(`buckets:\n  photos:\n${indented}\ngrants: []\n`, "access.yaml");
  return buckets.get(parseBucketName("photos"));
}

function faultsOf(lines: string): string {
  try {
    settingsOf(lines);
    return "";
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    return error.message;
  }
}

describe("the settings of a bucket", () => {
  test("have a role with its external id, profile and STS", () => {
    const lines = `role: ${role}\nexternalId: a-value\nprofile: partner\nstsEndpoint: https://sts.example.com/`;
    expect(settingsOf(lines)?.role).toEqual({
      arn: role,
      externalId: "a-value",
      profile: "partner",
      stsEndpoint: "https://sts.example.com",
    });
  });

  test("take STS to be at the bucket's endpoint", () => {
    expect(settingsOf(`role: arn:aws:iam:::role/x\nendpoint: http://ceph:7480`)?.role?.stsEndpoint).toBe(
      "http://ceph:7480",
    );
  });

  test("have everything else as it is written", () => {
    const lines = `region: eu-central-1\nkmsKey: ${key}\nowner: "111122223333"\nstorageClass: INTELLIGENT_TIERING\naccelerate: true`;
    expect(settingsOf(lines)).toMatchObject({
      region: "eu-central-1",
      kmsKey: key,
      owner: "111122223333",
      storageClass: "INTELLIGENT_TIERING",
      accelerate: true,
    });
  });

  test.each([
    ["role: valetkey", "access.yaml:3:11: buckets.photos.role: takes a role's ARN"],
    ["externalId: abc", "access.yaml:3:17: buckets.photos.externalId: has no effect without a role"],
    ["stsEndpoint: https://sts.example.com", "has no effect without a role"],
    ["endpoint: http://ceph:7480", "needs a role of that store"],
    ["endpoint: ftp://ceph", "takes an http or https URL"],
    [
      `role: ${role}\nendpoint: https://example.com/s3`,
      "access.yaml:4:15: buckets.photos.endpoint: takes a scheme, a host and a port, without a path",
    ],
    ["publicEndpoint: https://example.com/s3", "without a path"],
    ["kmsKey: alias/mine\nregion: eu-central-1", "not an alias"],
    [`kmsKey: ${key}`, "needs the bucket's region: add region: eu-central-1"],
    [`kmsKey: ${key}\nregion: us-east-1`, "is in eu-central-1, and the bucket in us-east-1"],
    ["owner: 111122223333", "takes an account number of 12 digits, in quotes"],
    ["storageClass: COLD", "buckets.photos.storageClass"],
    ["accelerate: true\nforcePathStyle: true", "does not work with forcePathStyle"],
    [`role: ${role}\naccelerate: true\nendpoint: http://ceph:7480`, "works only with AWS's own endpoints"],
    ["colour: blue", 'access.yaml:3:5: "colour" is not a property here'],
  ])("refuse %j", (lines, message) => {
    expect(faultsOf(lines)).toContain(message);
  });

  test("refuse acceleration for a bucket whose name has dots, and names that no bucket has", () => {
    const of = (name: string) => () =>
      parseAccessFile(`buckets: { "${name}": { accelerate: true } }\ngrants: []`, "access.yaml");
    expect(of("my.photos")).toThrow("does not work for bucket names with dots");
    expect(of("No_Bucket")).toThrow(AccessFileError);
  });
});
