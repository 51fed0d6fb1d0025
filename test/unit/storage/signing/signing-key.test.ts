import { describe, expect, test } from "vitest";
import { deriveSigningKey, SigningKeys } from "../../../../src/storage/signing/signing-key.ts";

const credentials = { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token+/=" };

describe("SigningKeys", () => {
  test("derives a key once for credentials, day and region", () => {
    const keys = new SigningKeys();
    const first = keys.get(credentials, "20260101", "eu-west-1");
    expect(keys.get({ ...credentials }, "20260101", "eu-west-1")).toBe(first);
    expect(first.key).toEqual(deriveSigningKey("secret", "20260101", "eu-west-1"));
    expect(first).toMatchObject({
      scope: "20260101/eu-west-1/s3/aws4_request",
      credential: "ASIA1/20260101/eu-west-1/s3/aws4_request",
      encodedCredential: "ASIA1%2F20260101%2Feu-west-1%2Fs3%2Faws4_request",
      encodedSessionToken: "token%2B%2F%3D",
    });
  });

  test("has another key for another day or region", () => {
    const keys = new SigningKeys();
    const { key } = keys.get(credentials, "20260101", "eu-west-1");
    expect(keys.get(credentials, "20260102", "eu-west-1").key).not.toEqual(key);
    expect(keys.get(credentials, "20260101", "us-east-1").key).not.toEqual(key);
  });

  test("never uses a key of other credentials that have the same access key id", () => {
    const keys = new SigningKeys();
    keys.get(credentials, "20260101", "eu-west-1");
    const otherSecret = keys.get({ ...credentials, secretAccessKey: "other" }, "20260101", "eu-west-1");
    expect(otherSecret.key).toEqual(deriveSigningKey("other", "20260101", "eu-west-1"));
    const otherToken = keys.get({ ...credentials, sessionToken: "other" }, "20260101", "eu-west-1");
    expect(otherToken.encodedSessionToken).toBe("other");
    expect(otherToken.key).toEqual(deriveSigningKey("secret", "20260101", "eu-west-1"));
  });

  test("forgets the oldest when it is full, and derives it again", () => {
    const keys = new SigningKeys({ maxEntries: 1 });
    const first = keys.get(credentials, "20260101", "eu-west-1");
    keys.get(credentials, "20260101", "us-east-1");
    const again = keys.get(credentials, "20260101", "eu-west-1");
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test("forgets keys that are no longer used, and keeps those that are", () => {
    let nowMs = 1;
    const keys = new SigningKeys({ monotonicNow: () => nowMs });
    const used = keys.get(credentials, "20260101", "eu-west-1");
    keys.get(credentials, "20260101", "us-east-1");
    nowMs += 6 * 60_000;
    keys.get(credentials, "20260101", "eu-west-1");
    nowMs += 6 * 60_000;
    keys.get(credentials, "20260101", "us-west-2");
    expect(keys.size).toBe(2);
    expect(keys.get(credentials, "20260101", "eu-west-1")).toBe(used);
  });
});
