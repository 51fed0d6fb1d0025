import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sessionName, sessionTags } from "../../../src/access/session-name.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { principalOf } from "./principals.ts";

const issuer = "https://issuer.example";
const nameOf = (subject: string, iss: string | undefined = issuer) =>
  sessionName(principalOf(subject, iss === undefined ? {} : { iss }), issuer);

describe("sessionName", () => {
  test.each(["alice", "alice@example.com", "a=b", "x".repeat(64), "0b1c-22"])(
    "is the subject %s itself",
    (subject) => {
      expect(nameOf(subject)).toBe(subject);
    },
  );

  test("keeps the readable part of a subject that does not fit", () => {
    expect(nameOf("auth0|alice smith")).toMatch(/^auth0-alice-smith=[\w-]{22}$/);
    expect(nameOf("x".repeat(65))).toMatch(/^x{41}=[\w-]{22}$/);
  });

  test("obeys STS's alphabet and length whatever the subject", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 200 }), (subject) => {
        expect(nameOf(subject)).toMatch(/^[\w+=,.@-]{2,64}$/);
      }),
    );
  });

  test("is unique for each caller", () => {
    const hashed = nameOf("auth0|alice");
    const names = [
      sessionName(anonymous, issuer),
      "valetkey-sweep",
      "VALETKEY-SWEEP",
      ...[
        "anonymous",
        "ANONYMOUS",
        "valetkey-sweep",
        "Valetkey-Sweep",
        "auth0|alice",
        "auth0-alice",
        hashed,
        nameOf(hashed),
        "a",
        "한",
        "국",
      ].map((each) => nameOf(each)),
      nameOf("alice"),
      nameOf("alice", "https://other.example"),
    ];
    expect(new Set(names).size).toBe(names.length);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        expect(nameOf(a) === nameOf(b)).toBe(a === b);
      }),
    );
  });
});

describe("sessionTags", () => {
  test("name subject and issuer", () => {
    expect(sessionTags(principalOf("alice", { iss: issuer }))).toEqual({
      "valetkey:sub": "alice",
      "valetkey:iss": issuer,
    });
    expect(sessionTags(anonymous)).toEqual({});
  });

  test("contain a hash of values that STS refuses, which no subject can imitate", () => {
    const tag = sessionTags(principalOf("auth0|alice"))["valetkey:sub"];
    expect(tag).toMatch(/^sha256:[\w-]{43}$/);
    expect(sessionTags(principalOf(String(tag)))["valetkey:sub"]).not.toBe(tag);
    expect(sessionTags(principalOf("x".repeat(257)))["valetkey:sub"]).toMatch(/^sha256:/);
  });
});
