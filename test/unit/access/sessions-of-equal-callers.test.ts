import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAccessFile } from "../../../src/access/access-file.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { GrantsFromCode } from "../../../src/access/grants-from-code.ts";
import { isSharedSessionName, sessionName, sharedSessionName } from "../../../src/access/session-name.ts";
import { sessionPolicy } from "../../../src/access/session-policy.ts";
import { type SessionRequestOptions, toSessionRequest } from "../../../src/access/session-request.ts";
import { StsHealth } from "../../../src/access/sts-health.ts";
import { anonymous, type Principal, service } from "../../../src/core/principal.ts";
import { anyGrants, bucketA, bucketB } from "./arbitraries.ts";
import { principalOf } from "./principals.ts";

const role = { arn: "arn:aws:iam::111122223333:role/valetkey", sessionSeconds: 3600 };
const [alice, bob] = [principalOf("alice"), principalOf("bob", { iss: "https://other.example" })];
const read: Grant = { bucket: bucketA, prefix: "", actions: ["DOWNLOAD"], shareSessions: true };

const requestOf = (
  principal: Principal,
  grants: readonly Grant[],
  options: Partial<SessionRequestOptions> = {},
) => toSessionRequest({ principal, grants }, "objects", { role, ...options });
const doShare = (
  grants: readonly Grant[],
  others: readonly Grant[],
  options: Partial<SessionRequestOptions> = {},
) => requestOf(alice, grants, options).key === requestOf(bob, others, options).key;

describe("two callers share a session", () => {
  test("if and only if their policies are equal, when all of their grants say so", () => {
    const sharing = anyGrants
      .map((grants) => grants.map((grant) => ({ ...grant, shareSessions: true })))
      .filter((grants) => sessionPolicy(grants, { partition: "aws" }) !== undefined);
    // Half of the pairs have the same grants in another order.
    const pairs = fc.oneof(
      fc.tuple(sharing, sharing),
      sharing.map((grants) => [grants, grants.toReversed()] as const),
    );
    fc.assert(
      fc.property(pairs, ([grants, others]) => {
        const [ofAlice, ofBob] = [requestOf(alice, grants), requestOf(bob, others)];
        expect(ofAlice.key === ofBob.key).toBe(ofAlice.policy === ofBob.policy);
        expect(ofAlice.sessionName === ofBob.sessionName).toBe(ofAlice.policy === ofBob.policy);
      }),
    );
  });

  test("although limits that only the server enforces differ", () => {
    expect(doShare([read], [{ ...read, maxExpiresSeconds: 60 }])).toBe(true);
  });

  test("unless one of their grants does not say so", () => {
    const { shareSessions: _, ...unshared } = read;
    expect(doShare([unshared], [unshared])).toBe(false);
    expect(doShare([read, unshared], [read, unshared])).toBe(false);
    expect(doShare([read], [unshared])).toBe(false);
  });

  test("of one role, whatever grants they have for the buckets of another one", () => {
    const elsewhere: Grant = { bucket: bucketB, prefix: "alice/", actions: ["UPLOAD"] };
    const buckets = { includes: (bucket: string) => bucket === bucketA, of: () => ({}) };
    expect(doShare([read, elsewhere], [read], { buckets })).toBe(true);
    expect(doShare([read, elsewhere], [read])).toBe(false);
  });

  test("but not sessions of different roles or lifetimes", () => {
    const keys = [
      role,
      { ...role, externalId: "x" },
      { ...role, sessionSeconds: 900 },
      { ...role, arn: `${role.arn}2` },
    ].map((each) => requestOf(alice, [read], { role: each }).key);
    expect(new Set(keys).size).toBe(4);
  });

  test("unless AssumeRole sends the caller's identity", () => {
    expect(doShare([read], [read])).toBe(true);
    expect(doShare([read], [read], { sendSessionTags: true })).toBe(false);
    expect(doShare([read], [read], { sendSourceIdentity: true })).toBe(false);
  });
});

test("callers without a token, the service, the server's commands and credentials of clients have sessions of their own", () => {
  const of = (principal: Principal) => requestOf(principal, [read]);
  expect(of(anonymous).sessionName).toBe("anonymous");
  expect(of(service).sessionName).toBe("valetkey-service");
  const caller = { principal: alice, grants: [read] };
  const sweep = toSessionRequest({ ...caller, sessionName: "valetkey-sweep" }, "objects", { role });
  expect(sweep.sessionName).toBe("valetkey-sweep");
  const given = toSessionRequest(caller, "credentials", { role, trustedIssuer: undefined });
  expect(given).toMatchObject({ sessionName: "alice", isShared: false });
});

test("the name of a shared session fits STS, and no caller's own name is like it", () => {
  const shared = sharedSessionName("a policy");
  expect(shared).toMatch(/^valetkey-shared-[\w-]{43}$/);
  expect(shared.length).toBeLessThanOrEqual(64);
  expect(isSharedSessionName(shared)).toBe(true);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constant(shared),
        fc.string().map((tail) => `valetkey-shared-${tail}`),
      ),
      (subject) => {
        expect(isSharedSessionName(sessionName(principalOf(subject), undefined))).toBe(false);
      },
    ),
  );
});

describe("shareSessions is refused", () => {
  const fileWith = (more: string) => `grants:
  - who: authenticated
    bucket: bucket-a
    allow: [DOWNLOAD]
    ${more}
`;
  const parse = (more: string, namesCallers?: string) => () =>
    parseAccessFile(fileWith(more), "grants.yaml", { namesCallers });

  test("in a rule whose prefix has claims", () => {
    expect(parse('prefix: "users/{sub}/"\n    shareSessions: true')).toThrow(
      "grants.yaml:6:20: grants.0.shareSessions: the prefix must not contain claims",
    );
    expect(parse('prefix: "users/{sub}/"\n    shareSessions: false')).not.toThrow();
    expect(parse("shareSessions: sometimes")).toThrow("grants.0.shareSessions: takes true or false");
  });

  test("while a setting sends the caller's identity", () => {
    expect(parse("shareSessions: true", "VALETKEY_SESSION_TAGS")).toThrow(
      "grants.yaml:5:20: grants.0.shareSessions: sessions cannot be shared while VALETKEY_SESSION_TAGS is on",
    );
    expect(parse("shareSessions: true")).not.toThrow();
    expect(parse("shareSessions: false", "VALETKEY_SESSION_TAGS")).not.toThrow();
  });

  test("in grants from code too", async () => {
    const given = [{ bucket: "bucket-a", allow: ["DOWNLOAD"], shareSessions: true }];
    const log = { error: () => undefined, warn: () => undefined };
    const from = (namesCallers?: string) =>
      new GrantsFromCode({
        authorize: () => given,
        cacheSeconds: 0,
        hasRole: () => true,
        log,
        namesCallers,
      }).grantsFor(alice);
    await expect(from()).resolves.toMatchObject([{ shareSessions: true }]);
    await expect(from("sessionTags")).rejects.toMatchObject({
      code: "INTERNAL_SERVER_ERROR",
      cause: {
        message: expect.stringContaining("0.shareSessions: sessions cannot be shared while sessionTags"),
      },
    });
  });
});

test("a group of callers that is refused counts as many refused callers", () => {
  const health = new StsHealth({ monotonicNow: () => 100_000 });
  health.refused({ sessionName: "alice", isShared: false });
  expect(health.check()).toEqual({ ok: true });
  health.refused(requestOf(alice, [read]));
  expect(health.check()).toEqual({ ok: false, reason: "STS refuses the role" });
  health.assumed();
  expect(health.check()).toEqual({ ok: true });
});
