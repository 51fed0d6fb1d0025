import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BaseCredentials } from "../../../src/app/base-credentials.ts";
import { Buckets } from "../../../src/core/bucket-settings.ts";
import { parseBucketName } from "../../../src/core/object-address.ts";
import { changeAwsEnvironment } from "../../support/environment.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";

const arn = "arn:aws:iam::111122223333:role/valetkey";

const bucketsOf = (...profiles: string[]) =>
  new Buckets(
    new Map(
      profiles.map((profile, index) => [parseBucketName(`bucket-${index}`), { role: { arn, profile } }]),
    ),
  );

async function withProfile(use: () => Promise<void>): Promise<void> {
  await using folder = await makeTemporaryFolder("base-credentials");
  const file = join(folder.path, "credentials");
  await writeFile(file, "[partner]\naws_access_key_id = A\naws_secret_access_key = B\n");
  // No file of this machine, and no metadata service.
  await using _environment = await changeAwsEnvironment({
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_CONFIG_FILE: join(folder.path, "none"),
    AWS_EC2_METADATA_DISABLED: "true",
  });
  await use();
}

describe("the base credentials", () => {
  test("can be found if one of the roles has some", () =>
    withProfile(async () => {
      const defaultRole = undefined;
      await new BaseCredentials({ buckets: bucketsOf("partner"), defaultRole }).resolveAny();
      await new BaseCredentials({ buckets: bucketsOf("missing", "partner"), defaultRole }).resolveAny();
      await new BaseCredentials({ buckets: bucketsOf("partner"), defaultRole: { arn } }).resolveAny();
    }));

  test("cannot be found if no role has some", () =>
    withProfile(async () => {
      const missing = new BaseCredentials({ buckets: bucketsOf("missing"), defaultRole: undefined });
      await expect(missing.resolveAny()).rejects.toThrow();
      const chain = new BaseCredentials({ buckets: new Buckets(), defaultRole: { arn } });
      await expect(chain.resolveAny()).rejects.toThrow();
    }));

  test("of the default role are those that are given, and of others the provider chain or a profile", async () => {
    const defaultRole = { arn };
    const ofDefaultRole = async () => ({ accessKeyId: "own", secretAccessKey: "own" });
    const credentials = new BaseCredentials({ buckets: new Buckets(), defaultRole, ofDefaultRole });
    expect(credentials.for(defaultRole)).toBe(ofDefaultRole);
    const other = { arn, profile: "partner" };
    expect(credentials.for(other)).not.toBe(ofDefaultRole);
    expect(credentials.for(other)).toBe(credentials.for({ ...other }));
  });
});
