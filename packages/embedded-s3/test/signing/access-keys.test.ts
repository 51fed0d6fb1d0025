import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIamPolicy } from "../../src/iam/iam-policy.ts";
import { accessKeys, exampleKeys, issueSession, now, role } from "../store-keys.ts";

const keys = accessKeys();
const readOnly = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" },
});

describe("AccessKeys", () => {
  test("finds the store's own keys", () => {
    expect(keys.lookup(exampleKeys.accessKeyId, undefined, now)).toMatchObject({
      identity: { kind: "base", arn: "arn:aws:iam::000000000000:user/valetkey" },
      secretAccessKey: exampleKeys.secretAccessKey,
    });
  });

  test("finds issued credentials, also after a restart", () => {
    const expiresAt = new Date(now.getTime() + 1000);
    const tags = { team: "red", ["__proto__"]: "x" };
    const issued = keys.issue({
      role,
      sessionName: "alice@example",
      sessionPolicy: readOnly,
      tags,
      expiresAt,
    });
    expect(issued.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    const { identity, secretAccessKey } = accessKeys().lookup(issued.accessKeyId, issued.sessionToken, now);
    expect(secretAccessKey).toBe(issued.secretAccessKey);
    expect(identity).toMatchObject({
      kind: "session",
      userId: expect.stringMatching(/^AROA.{17}:alice@example$/),
      arn: "arn:aws:sts::000000000000:assumed-role/uploader/alice@example",
      expiresAt,
      rolePolicy: role.policy,
      sessionPolicy: parseIamPolicy(readOnly),
      tags: { team: "red" },
    });
  });

  test("uses the current policy of the role", () => {
    const issued = issueSession(keys);
    const today = { ...role, policy: parseIamPolicy(readOnly) };
    const { identity } = accessKeys([today]).lookup(issued.accessKeyId, issued.sessionToken, now);
    expect(identity).toMatchObject({ rolePolicy: today.policy });
  });

  test("expires credentials to the millisecond", () => {
    const { accessKeyId, sessionToken, expiresAt } = issueSession(keys);
    expect(keys.lookup(accessKeyId, sessionToken, new Date(expiresAt.getTime() - 1)).identity.kind).toBe(
      "session",
    );
    expect(() => keys.lookup(accessKeyId, sessionToken, expiresAt)).toThrow(
      expect.objectContaining({ status: 400, code: "ExpiredToken" }),
    );
  });

  test.each([
    ["an unknown key", "AKIANOBODY", undefined, 403, "InvalidAccessKeyId"],
    ["an unknown key with a token", "AKIANOBODY", issueSession(keys).sessionToken, 403, "InvalidAccessKeyId"],
    [
      "a temporary key without its token",
      issueSession(keys).accessKeyId,
      undefined,
      403,
      "InvalidAccessKeyId",
    ],
    [
      "the token of another session",
      issueSession(keys).accessKeyId,
      issueSession(keys).sessionToken,
      400,
      "InvalidToken",
    ],
    [
      "the store's key with a token",
      exampleKeys.accessKeyId,
      issueSession(keys).sessionToken,
      400,
      "InvalidToken",
    ],
    ["an empty token", issueSession(keys).accessKeyId, "", 400, "InvalidToken"],
  ])("%s", (_, accessKeyId, token, status, code) => {
    expect(() => keys.lookup(accessKeyId, token, now)).toThrow(expect.objectContaining({ status, code }));
  });

  test("refuses a token of another store, and of a role that no longer exists", () => {
    const { accessKeyId, sessionToken } = issueSession(keys);
    const invalid = expect.objectContaining({ code: "InvalidToken" });
    expect(() => accessKeys([role], Buffer.alloc(32, 8)).lookup(accessKeyId, sessionToken, now)).toThrow(
      invalid,
    );
    expect(() => accessKeys([]).lookup(accessKeyId, sessionToken, now)).toThrow(invalid);
  });

  test("refuses a token with any change", () => {
    const { accessKeyId, sessionToken } = issueSession(keys, readOnly);
    fc.assert(
      fc.property(fc.nat(sessionToken.length - 1), fc.string({ maxLength: 1 }), (at, by) => {
        const changed = sessionToken.slice(0, at) + by + sessionToken.slice(at + 1);
        fc.pre(changed !== sessionToken);
        expect(() => keys.lookup(accessKeyId, changed, now)).toThrow(
          expect.objectContaining({ code: "InvalidToken" }),
        );
      }),
    );
  });
});
