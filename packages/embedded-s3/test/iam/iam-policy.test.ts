import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/store-error.ts";
import { type AccessRequest, evaluate, isAllowed } from "../../src/iam/evaluate.ts";
import { matchesIamPattern, parseIamPattern } from "../../src/iam/iam-pattern.ts";
import { parseIamPolicy } from "../../src/iam/iam-policy.ts";
import { role } from "../store-keys.ts";

const allowAll = { Effect: "Allow", Action: "*", Resource: "*" };

function policy(statement: unknown, version: string | undefined = "2012-10-17") {
  return parseIamPolicy(JSON.stringify({ Version: version, Statement: statement }));
}

function allows(statement: unknown, question: Partial<AccessRequest> = {}): boolean {
  return evaluate([policy(statement)], {
    action: "s3:GetObject",
    resource: "arn:aws:s3:::photos/cats/tom.jpg",
    context: {},
    ...question,
  });
}

function allowsWhen(condition: unknown, context: AccessRequest["context"]): boolean {
  return allows({ ...allowAll, Condition: condition }, { context });
}

describe("parseIamPolicy", () => {
  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["no statement", "{}"],
    ["an empty list of statements", '{"Statement":[]}'],
    ["an unknown version", `{"Version":"2026-01-01","Statement":${JSON.stringify(allowAll)}}`],
    ["an unknown element", `{"Statements":[],"Statement":${JSON.stringify(allowAll)}}`],
  ])("refuses %s", (_, text) => {
    expect(() => parseIamPolicy(text)).toThrow(expect.objectContaining({ code: "MalformedPolicyDocument" }));
  });

  test.each([
    ["an unknown effect", { ...allowAll, Effect: "allow" }],
    ["no action", { Effect: "Allow", Resource: "*" }],
    ["an empty list of actions", { ...allowAll, Action: [] }],
    ["an action without a service", { ...allowAll, Action: "GetObject" }],
    ["an action that is a number", { ...allowAll, Action: 1 }],
    ["both Action and NotAction", { ...allowAll, NotAction: "s3:GetObject" }],
    ["no resource", { Effect: "Allow", Action: "*" }],
    ["a resource that is no ARN", { ...allowAll, Resource: "photos/*" }],
    ["both Resource and NotResource", { ...allowAll, NotResource: "*" }],
    ["a principal", { ...allowAll, Principal: "*" }],
    ["a sid with a space", { ...allowAll, Sid: "a b" }],
    ["an unknown element", { ...allowAll, Conditions: {} }],
    ["an unknown operator", { ...allowAll, Condition: { StringSortOf: { "s3:prefix": "a" } } }],
    ["an operator of the prototype", { ...allowAll, Condition: { toString: { "s3:prefix": "a" } } }],
    ["NullIfExists", { ...allowAll, Condition: { NullIfExists: { "s3:prefix": "true" } } }],
    ["a condition without keys", { ...allowAll, Condition: { StringEquals: "a" } }],
    ["a condition of objects", { ...allowAll, Condition: { StringEquals: { "s3:prefix": {} } } }],
  ])("refuses a statement with %s", (_, statement) => {
    expect(() => policy(statement)).toThrow(expect.objectContaining({ code: "MalformedPolicyDocument" }));
  });

  test("any text is either a policy or a MalformedPolicyDocument", () => {
    const names = fc.constantFrom("Version", "Statement", "Effect", "Action", "Resource", "Condition");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(fc.json(), fc.string(), fc.array(tie("tree")), fc.dictionary(names, tie("tree"))),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        try {
          parseIamPolicy(typeof value === "string" ? value : JSON.stringify(value));
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
        }
      }),
    );
  });
});

describe("statements", () => {
  test("an action is denied unless a statement allows it", () => {
    expect(allows({ ...allowAll, Action: "s3:PutObject" })).toBe(false);
    expect(allows({ ...allowAll, Resource: "arn:aws:s3:::photos/dogs/*" })).toBe(false);
    expect(allows({ ...allowAll, Resource: "arn:aws:s3:::photos/cats/*" })).toBe(true);
  });

  test("a Deny overrides every Allow", () => {
    expect(allows([allowAll, { ...allowAll, Effect: "Deny", Action: "s3:Get*" }])).toBe(false);
    expect(allows([{ ...allowAll, Effect: "Deny", Action: "s3:Put*" }, allowAll])).toBe(true);
  });

  test("every policy has to allow the action, and without policies nothing is allowed", () => {
    const question = { action: "s3:GetObject", resource: "arn:aws:s3:::b/k", context: {} };
    const wide = policy(allowAll);
    const narrow = policy({ ...allowAll, Action: "s3:PutObject" });
    expect(evaluate([wide, wide], question)).toBe(true);
    expect(evaluate([wide, narrow], question)).toBe(false);
    expect(evaluate([narrow, wide], question)).toBe(false);
    expect(evaluate([], question)).toBe(false);
  });

  test("actions are case-insensitive, and resources are not", () => {
    expect(allows({ ...allowAll, Action: "S3:getobject" })).toBe(true);
    expect(allows({ ...allowAll, Resource: "arn:aws:s3:::photos/CATS/*" })).toBe(false);
  });

  test("NotAction and NotResource", () => {
    expect(allows({ Effect: "Allow", NotAction: "s3:Put*", Resource: "*" })).toBe(true);
    expect(allows({ Effect: "Allow", NotAction: ["s3:Get*"], Resource: "*" })).toBe(false);
    expect(allows({ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::photos/cats/*" })).toBe(false);
    expect(allows({ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::photos/dogs/*" })).toBe(true);
  });

  test("a NotResource with an unknown value makes an Allow not apply and a Deny apply", () => {
    const exception = { Action: "*", NotResource: "arn:aws:s3:::photos/${aws:username}/*" };
    expect(allows({ Effect: "Allow", ...exception })).toBe(false);
    expect(allows([allowAll, { Effect: "Deny", ...exception }])).toBe(false);
  });
});

describe("patterns", () => {
  const syntax = { wildcards: true, variables: true };

  test("match like a matcher that tries everything", () => {
    const few = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "/"), maxLength: 8 });
    fc.assert(
      fc.property(few, few, (pattern, text) => {
        const actual = matchesIamPattern(parseIamPattern(pattern, syntax), text, new Map());
        expect(actual).toBe(matchesByTrying(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  test("match only the text itself when `*`, `?` and `$` are escaped", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "*", "?", "$", "{", "}", "é", ",", "'"),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, text, (own, other) => {
        const pattern = parseIamPattern(own.replace(/[*?$]/g, "${$&}"), syntax);
        expect(matchesIamPattern(pattern, own, new Map())).toBe(true);
        expect(matchesIamPattern(pattern, other, new Map())).toBe(own === other);
      }),
    );
  });

  test("take at most the time of pattern length times text length", () => {
    const pattern = parseIamPattern(`${"*a".repeat(900)}b`, syntax);
    expect(matchesIamPattern(pattern, "a".repeat(1024), new Map())).toBe(false);
    const unclosed = parseIamPattern(`\${${" ".repeat(2000)}`, syntax);
    expect(matchesIamPattern(unclosed, "a", new Map())).toBe(false);
  });

  test("replace a variable by its value, in which wildcards are literal", () => {
    const statement = { ...allowAll, Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*" };
    const ask = (team: string | undefined, key: string) =>
      allows(statement, { resource: `arn:aws:s3:::b/${key}`, context: { "aws:PrincipalTag/team": team } });
    expect(ask("red", "red/1")).toBe(true);
    expect(ask("red", "blue/1")).toBe(false);
    expect(ask("*", "blue/1")).toBe(false);
    expect(ask("*", "*/1")).toBe(true);
    expect(ask(undefined, "/1")).toBe(false);
  });

  test("use the default of a variable", () => {
    const statement = { ...allowAll, Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team, 'all of us'}/*" };
    expect(allows(statement, { resource: "arn:aws:s3:::b/all of us/1" })).toBe(true);
    expect(allows(statement, { resource: "arn:aws:s3:::b/else/1" })).toBe(false);
  });

  test("have no variables before Version 2012-10-17", () => {
    const statement = { ...allowAll, Resource: "arn:aws:s3:::b/${aws:username}" };
    const question = {
      action: "s3:GetObject",
      resource: "arn:aws:s3:::b/${aws:username}",
      context: { "aws:username": "alice" },
    };
    expect(evaluate([policy(statement, "2008-10-17")], question)).toBe(true);
    expect(evaluate([policy(statement)], question)).toBe(false);
  });
});

describe("conditions", () => {
  test.each<[operator: string, expected: unknown, met: string, unmet: string]>([
    ["StringEquals", ["a", "b*"], "b*", "bc"],
    ["StringNotEquals", ["a", "b"], "c", "b"],
    ["StringEqualsIgnoreCase", "Ab", "aB", "b"],
    ["StringNotEqualsIgnoreCase", "Ab", "b", "AB"],
    ["StringLike", ["cats/*", "d?g"], "cats/tom", "dg"],
    ["StringNotLike", "cats/*", "dogs/rex", "cats/"],
    ["ArnLike", "arn:aws:s3:*:*:photos/*", "arn:aws:s3:::photos/tom", "arn:aws:s3:x:y:z:photos/tom"],
    ["ArnNotLike", "arn:aws:s3:::photos/*", "arn:aws:s3:::films/tom", "arn:aws:s3:::photos/tom"],
    ["NumericEquals", 10, "10", "11"],
    ["NumericNotEquals", "10", "11", "10.0"],
    ["NumericLessThan", "10", "9", "10"],
    ["NumericLessThanEquals", 10, "10", "10.5"],
    ["NumericGreaterThan", "10", "11", "ten"],
    ["NumericGreaterThanEquals", "10", "10", "9"],
    ["DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"],
    ["DateGreaterThanEquals", "2026-01-01T00:00:00Z", "1767225600", "1767225599"],
    ["Bool", true, "true", "false"],
    ["IpAddress", ["10.0.0.0/8", "::1"], "10.1.2.3", "11.0.0.1"],
    ["NotIpAddress", "10.0.0.0/8", "127.0.0.1", "10.1.2.3"],
    ["IpAddress", "2001:db8::/32", "2001:db8::1", "2001:db9::1"],
    ["ForAnyValue:StringLike", "a*", "ab", "b"],
    ["ForAllValues:StringEquals", ["a", "b"], "a", "c"],
    ["stringequalsifexists", "a", "a", "b"],
  ])("%s %j", (operator, expected, met, unmet) => {
    expect(allowsWhen({ [operator]: { "s3:prefix": expected } }, { "S3:Prefix": met })).toBe(true);
    expect(allowsWhen({ [operator]: { "s3:prefix": expected } }, { "s3:prefix": unmet })).toBe(false);
  });

  test.each([
    ["StringEquals", false],
    ["StringNotEquals", true],
    ["StringEqualsIfExists", true],
    ["ForAnyValue:StringEquals", false],
    ["ForAnyValue:StringNotEqualsIfExists", false],
    ["ForAllValues:StringEquals", true],
  ])("%s of a key that is not there: %s", (operator, isMet) => {
    expect(allowsWhen({ [operator]: { "s3:prefix": "a" } }, {})).toBe(isMet);
  });

  test.each([
    ["ForAnyValue:StringEquals", ["a", "z"], true],
    ["ForAnyValue:StringEquals", ["y", "z"], false],
    ["ForAllValues:StringEquals", ["a", "b"], true],
    ["ForAllValues:StringEquals", ["a", "z"], false],
    ["ForAnyValue:StringNotEquals", ["a", "z"], true],
    ["ForAnyValue:StringNotEquals", ["a", "b"], false],
    ["ForAllValues:StringNotEquals", ["y", "z"], true],
    ["ForAllValues:StringNotEquals", ["a", "z"], false],
  ])('%s ["a","b"] of a key with the values %j: %s', (operator, values, isMet) => {
    const condition = { [operator]: { "s3:RequestObjectTagKeys": ["a", "b"] } };
    expect(allowsWhen(condition, { "s3:RequestObjectTagKeys": values })).toBe(isMet);
  });

  test("treat an empty value as a value", () => {
    expect(allowsWhen({ StringEquals: { "s3:prefix": "" } }, { "s3:prefix": "" })).toBe(true);
    expect(allowsWhen({ StringLike: { "s3:prefix": "a/*" } }, { "s3:prefix": "" })).toBe(false);
    expect(allowsWhen({ Null: { "s3:prefix": "false" } }, { "s3:prefix": "" })).toBe(true);
    expect(allowsWhen({ Null: { "s3:prefix": true } }, {})).toBe(true);
  });

  test("have to be met for every operator and key", () => {
    const condition = {
      StringEquals: { "s3:prefix": "a", "s3:delimiter": "/" },
      Bool: { "aws:SecureTransport": "true" },
    };
    const context = { "s3:prefix": "a", "s3:delimiter": "/", "aws:SecureTransport": "true" };
    expect(allowsWhen(condition, context)).toBe(true);
    for (const key of Object.keys(context))
      expect(allowsWhen(condition, { ...context, [key]: "x" })).toBe(false);
  });

  test("can have variables in their values", () => {
    const condition = { StringLike: { "s3:prefix": "users/${aws:PrincipalTag/id}/*" } };
    expect(allowsWhen(condition, { "s3:prefix": "users/7/a", "aws:principaltag/id": "7" })).toBe(true);
    expect(allowsWhen(condition, { "s3:prefix": "users/8/a", "aws:principaltag/id": "7" })).toBe(false);
  });
});

describe("isAllowed", () => {
  const session = {
    kind: "session",
    userId: "AROA:alice",
    arn: "arn:aws:sts::000000000000:assumed-role/uploader/alice",
    expiresAt: new Date(0),
    rolePolicy: role.policy,
    sessionPolicy: undefined,
    tags: { team: "red" },
  } as const;
  const question = { action: "s3:GetObject", resource: "arn:aws:s3:::b/red/1", context: {} };

  test("allows everything to the store's own keys", () => {
    expect(isAllowed({ kind: "base", userId: "AIDA", arn: "arn" }, question)).toBe(true);
  });

  test("allows a session what both role and session policy allow", () => {
    expect(isAllowed(session, question)).toBe(true);
    expect(isAllowed({ ...session, rolePolicy: policy({ ...allowAll, Action: "s3:Put*" }) }, question)).toBe(
      false,
    );
    const sessionPolicy = policy({ ...allowAll, Action: "s3:Put*" });
    expect(isAllowed({ ...session, sessionPolicy }, question)).toBe(false);
  });

  test("takes session tags and principal from the session, not from the context of the request", () => {
    const sessionPolicy = policy({
      ...allowAll,
      Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
      Condition: { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::000000000000:role/uploader" } },
    });
    const context = { "aws:PrincipalTag/team": "blue", "aws:PrincipalArn": "arn:aws:iam::1:role/x" };
    expect(isAllowed({ ...session, sessionPolicy }, { ...question, context })).toBe(true);
    const blue = { ...question, resource: "arn:aws:s3:::b/blue/1", context };
    expect(isAllowed({ ...session, sessionPolicy }, blue)).toBe(false);
  });
});

/** A reference matcher, which is obvious but takes exponential time. */
function matchesByTrying(pattern: string, text: string): boolean {
  const [first, rest] = [pattern.charAt(0), pattern.slice(1)];
  if (first === "") return text === "";
  if (first === "*")
    return matchesByTrying(rest, text) || (text !== "" && matchesByTrying(pattern, text.slice(1)));
  return text !== "" && (first === "?" || first === text.charAt(0)) && matchesByTrying(rest, text.slice(1));
}
