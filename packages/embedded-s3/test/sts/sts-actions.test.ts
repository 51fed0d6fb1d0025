import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/store-error.ts";
import { isAllowed } from "../../src/iam/evaluate.ts";
import { parseIamPolicy } from "../../src/iam/iam-policy.ts";
import type { Identity } from "../../src/iam/identity.ts";
import type { StoreRole } from "../../src/signing/access-keys.ts";
import { type VerifiedRequest, verifySignature } from "../../src/signing/verify-signature.ts";
import { assumeRole, handleStsAction, stsErrorXml } from "../../src/sts/sts-actions.ts";
import { accessKeys, exampleKeys, now, role } from "../store-keys.ts";

const guarded: StoreRole = {
  ...role,
  name: "guarded",
  arn: "arn:aws:iam::000000000000:role/guarded",
  maxSessionSeconds: 7200,
  externalId: "secret-of-two",
};
const tagged: StoreRole = {
  ...role,
  name: "tagged",
  arn: "arn:aws:iam::000000000000:role/tagged",
  allowTagSession: true,
  allowSourceIdentity: true,
};
const keys = accessKeys([role, guarded, tagged]);
const base: Identity = {
  kind: "base",
  userId: "AIDA",
  arn: "arn:aws:iam::000000000000:user/valetkey",
};

function callerOf(identity: Identity): VerifiedRequest {
  const signing = { signingKey: Buffer.alloc(32), timestamp: "", scope: "", seedSignature: "" };
  return {
    identity,
    region: "us-east-1",
    presigned: false,
    context: {},
    payload: { kind: "unsigned" },
    signing,
  };
}

function ask(
  changes: Record<string, string | undefined> = {},
  identity: Identity = base,
  minSeconds?: number,
): string {
  const parameters = new URLSearchParams({ Action: "AssumeRole", Version: "2011-06-15" });
  const all = { RoleArn: role.arn, RoleSessionName: "alice", ...changes };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) parameters.set(name, value);
  return handleStsAction(parameters, callerOf(identity), keys, now, minSeconds);
}

function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";
}

function identityOf(xml: string, at = now): Identity {
  return keys.lookup(element(xml, "AccessKeyId"), element(xml, "SessionToken"), at).identity;
}

function refusal(status: number, code: string) {
  return expect.objectContaining({ name: "StoreError", status, code });
}

const readOnly = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Action: "s3:GetObject", Resource: "*" },
});

describe("AssumeRole", () => {
  test("issues credentials of the role, narrowed by the session policy", () => {
    const identity = identityOf(ask({ Policy: readOnly }));
    const resource = "arn:aws:s3:::b/k";
    expect(identity.arn).toBe("arn:aws:sts::000000000000:assumed-role/uploader/alice");
    expect(isAllowed(identity, { action: "s3:GetObject", resource, context: {} })).toBe(true);
    expect(isAllowed(identity, { action: "s3:PutObject", resource, context: {} })).toBe(false);
  });

  test("returns the expiration of the credentials", () => {
    const xml = ask({ DurationSeconds: "900" });
    expect(element(xml, "Expiration")).toBe("2026-03-01T12:15:00Z");
    expect(identityOf(xml, new Date("2026-03-01T12:14:59.999Z")).kind).toBe("session");
    expect(() => identityOf(xml, new Date("2026-03-01T12:15:00Z"))).toThrow(refusal(400, "ExpiredToken"));
    expect(element(ask(), "Expiration")).toBe("2026-03-01T13:00:00Z");
  });

  test.each<[string, Record<string, string | undefined>, number, string]>([
    ["no role", { RoleArn: undefined }, 400, "ValidationError"],
    ["a malformed role", { RoleArn: "uploader" }, 400, "ValidationError"],
    ["an unknown role", { RoleArn: "arn:aws:iam::000000000000:role/other" }, 403, "AccessDenied"],
    ["no session name", { RoleSessionName: undefined }, 400, "ValidationError"],
    ["a short session name", { RoleSessionName: "a" }, 400, "ValidationError"],
    ["a long session name", { RoleSessionName: "a".repeat(65) }, 400, "ValidationError"],
    ["a session name with a slash", { RoleSessionName: "a/b" }, 400, "ValidationError"],
    ["a session name with a line feed", { RoleSessionName: "alice\n" }, 400, "ValidationError"],
    ["899 seconds", { DurationSeconds: "899" }, 400, "ValidationError"],
    ["more than the role allows", { DurationSeconds: "43201" }, 400, "ValidationError"],
    ["a duration that is no integer", { DurationSeconds: "1e3" }, 400, "ValidationError"],
    ["an empty policy", { Policy: "" }, 400, "ValidationError"],
    ["a policy of 2,049 characters", { Policy: readOnly.padEnd(2049) }, 400, "ValidationError"],
    [
      "a policy beyond Latin-1",
      { Policy: readOnly.replace("*", "arn:aws:s3:::b/€") },
      400,
      "ValidationError",
    ],
    ["a malformed policy", { Policy: "{}" }, 400, "MalformedPolicyDocument"],
    [
      "managed policies",
      { "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnly" },
      400,
      "ValidationError",
    ],
    ["no external id", { RoleArn: guarded.arn }, 403, "AccessDenied"],
    ["a wrong external id", { RoleArn: guarded.arn, ExternalId: "other" }, 403, "AccessDenied"],
    [
      "tags without the right to",
      { "Tags.member.1.Key": "a", "Tags.member.1.Value": "b" },
      403,
      "AccessDenied",
    ],
    ["a source identity without the right to", { SourceIdentity: "alice" }, 403, "AccessDenied"],
    ["an unknown action", { Action: "GetSessionToken" }, 400, "InvalidAction"],
    ["an unknown version", { Version: "2010-01-01" }, 400, "InvalidAction"],
  ])("%s", (_, changes, status, code) => {
    expect(() => ask(changes)).toThrow(refusal(status, code));
  });

  test("accepts a policy of 2,048 characters, with escapes beyond Latin-1", () => {
    const policy = readOnly.replace("*", "arn:aws:s3:::b/\\u20ac/*").padEnd(2048);
    const identity = identityOf(ask({ Policy: policy }));
    const question = { action: "s3:GetObject", resource: "arn:aws:s3:::b/€/1", context: {} };
    expect(isAllowed(identity, question)).toBe(true);
  });

  test("refuses a policy that is too large when packed", () => {
    const names = Array.from({ length: 20 }, (_, index) =>
      createHash("sha512").update(String(index)).digest("base64url"),
    );
    const Policy = JSON.stringify({
      Statement: { Effect: "Allow", Action: "s3:*", Resource: `arn:aws:s3:::${names.join("")}` },
    });
    expect(Policy.length).toBeLessThan(2048);
    expect(() => ask({ Policy })).toThrow(refusal(400, "PackedPolicyTooLarge"));
    expect(Number(element(ask({ Policy: readOnly }), "PackedPolicySize"))).toBeLessThan(20);
  });

  test("requires the external id of the role", () => {
    const identity = identityOf(ask({ RoleArn: guarded.arn, ExternalId: "secret-of-two" }));
    expect(identity.arn).toContain(":assumed-role/guarded/");
  });

  test("accepts tags and a source identity", () => {
    const xml = ask({
      RoleArn: tagged.arn,
      "Tags.member.1.Key": "team",
      "Tags.member.1.Value": "red",
      "Tags.member.2.Key": "empty",
      "Tags.member.2.Value": "",
      "TransitiveTagKeys.member.1": "team",
      SourceIdentity: "alice@example.com",
    });
    expect(identityOf(xml)).toMatchObject({ tags: { team: "red", empty: "" } });
    expect(element(xml, "SourceIdentity")).toBe("alice@example.com");
  });

  test.each<[string, Record<string, string>]>([
    ["no value", { "Tags.member.1.Key": "a" }],
    ["an empty key", { "Tags.member.1.Key": "", "Tags.member.1.Value": "b" }],
    ["a long key", { "Tags.member.1.Key": "a".repeat(129), "Tags.member.1.Value": "b" }],
    ["a long value", { "Tags.member.1.Key": "a", "Tags.member.1.Value": "b".repeat(257) }],
    ["AWS's own prefix", { "Tags.member.1.Key": "aws:a", "Tags.member.1.Value": "b" }],
    ["a strange character", { "Tags.member.1.Key": "a*", "Tags.member.1.Value": "b" }],
    [
      "a key twice",
      {
        "Tags.member.1.Key": "a",
        "Tags.member.1.Value": "b",
        "Tags.member.2.Key": "A",
        "Tags.member.2.Value": "b",
      },
    ],
    ["51 tags", Object.fromEntries(Array.from({ length: 51 }, (_, i) => tag(i + 1)).flat())],
    ["a transitive key that is no tag", { "TransitiveTagKeys.member.1": "a" }],
  ])("tags with %s", (_, tags) => {
    expect(() => ask({ RoleArn: tagged.arn, ...tags })).toThrow(refusal(400, "ValidationError"));
  });

  function tag(number: number): [string, string][] {
    return [
      [`Tags.member.${number}.Key`, `k${number}`],
      [`Tags.member.${number}.Value`, "v"],
    ];
  }

  test("lets a session assume a role for at most an hour, if its policies allow it", () => {
    const first = identityOf(ask());
    expect(identityOf(ask({ DurationSeconds: "3600" }, first)).kind).toBe("session");
    expect(() => ask({ DurationSeconds: "3601" }, first)).toThrow(
      expect.objectContaining({ message: expect.stringContaining("role chaining") }),
    );
    const narrow = identityOf(ask({ Policy: readOnly }));
    expect(() => ask({}, narrow)).toThrow(refusal(403, "AccessDenied"));
  });

  test("accepts a shorter minimum for tests", () => {
    expect(element(ask({ DurationSeconds: "2" }, base, 1), "Expiration")).toBe("2026-03-01T12:00:02Z");
    const parameters = new URLSearchParams({
      RoleArn: role.arn,
      RoleSessionName: "alice",
      DurationSeconds: "0",
    });
    expect(() => assumeRole(parameters, callerOf(base), keys, now, 1)).toThrow(
      refusal(400, "ValidationError"),
    );
  });

  test("keeps the session policy in the identity of the session", () => {
    expect(identityOf(ask({ Policy: readOnly }))).toMatchObject({ sessionPolicy: parseIamPolicy(readOnly) });
  });
});

test("stsErrorXml escapes markup and control characters of the message", () => {
  const xml = stsErrorXml(new StoreError(403, "AccessDenied", "<b>&\u0000\ud800"), "id");
  expect(xml).toContain("<Message>&#60;b&#62;&#38;\ufffd\ufffd</Message>");
  expect(xml).toContain("<Type>Sender</Type><Code>AccessDenied</Code>");
});

describe("the AWS SDK over HTTP", () => {
  let server: Server;
  let endpoint: string;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = await text(request);
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const wire = { method: request.method ?? "", path: request.url ?? "", query: "", headers };
      const bodySha256 = createHash("sha256").update(body).digest("hex");
      try {
        const at = new Date();
        const caller = verifySignature(wire, keys, at, "sts", bodySha256);
        response.end(handleStsAction(new URLSearchParams(body), caller, keys, at));
      } catch (error) {
        const fault =
          error instanceof StoreError ? error : new StoreError(500, "InternalFailure", String(error));
        response.writeHead(fault.status).end(stsErrorXml(fault, "request-1"));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function client(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
    return new STSClient({ region: "us-east-1", endpoint, credentials, maxAttempts: 1 });
  }

  test("assumes a role and identifies the session", async () => {
    const { Credentials, AssumedRoleUser } = await client(exampleKeys).send(
      new AssumeRoleCommand({
        RoleArn: role.arn,
        RoleSessionName: "alice",
        DurationSeconds: 900,
        Policy: readOnly,
      }),
    );
    expect(AssumedRoleUser?.Arn).toBe("arn:aws:sts::000000000000:assumed-role/uploader/alice");
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
    const session = client({
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    });
    const who = await session.send(new GetCallerIdentityCommand({}));
    expect(who).toMatchObject({ Arn: AssumedRoleUser?.Arn, Account: "000000000000" });
  });

  test.each([
    ["an unknown key", { ...exampleKeys, accessKeyId: "AKIANOBODY" }, 403, "InvalidClientTokenId"],
    ["a wrong secret", { ...exampleKeys, secretAccessKey: "x" }, 403, "SignatureDoesNotMatch"],
  ])("%s", async (_, credentials, status, code) => {
    const asked = client(credentials).send(new GetCallerIdentityCommand({}));
    await expect(asked).rejects.toMatchObject({
      name: code,
      $metadata: { httpStatusCode: status },
    });
  });

  test("receives the errors of AssumeRole by name", async () => {
    const send = (input: { RoleArn?: string; Policy?: string; DurationSeconds?: number }) =>
      client(exampleKeys).send(
        new AssumeRoleCommand({ RoleArn: role.arn, RoleSessionName: "alice", ...input }),
      );
    await expect(send({ Policy: "{" })).rejects.toMatchObject({ name: "MalformedPolicyDocumentException" });
    await expect(send({ DurationSeconds: 1 })).rejects.toMatchObject({ name: "ValidationError" });
    await expect(send({ RoleArn: guarded.arn })).rejects.toMatchObject({ name: "AccessDenied" });
  });
});
