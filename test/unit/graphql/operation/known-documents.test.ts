import { parse } from "graphql";
import { expect, test } from "vitest";
import { KnownDocuments } from "../../../../src/graphql/operation/known-documents.ts";
import { limits } from "../../../../src/graphql/operation/limits.ts";

const document = parse("{ viewer { subject } }");

test("documents are removed when they exceed the budget, whatever their text contains", () => {
  const known = new KnownDocuments();
  for (let index = 0; index < 1000; index += 1) {
    known.remember(`hash ${index}`, `€${"x".repeat(60_000)}`, document, 100);
  }
  expect(known.bytes).toBeLessThanOrEqual(limits.knownDocumentBytes);
  expect(known.find("hash 0")).toBeUndefined();
  expect(known.find("hash 999")).toBe(document);
});

test("a persisted query is the text of a cached document", async () => {
  const known = new KnownDocuments();
  known.remember("abc", "{ viewer { subject } }", document, 6);
  await known.persistedQueries.set();
  expect(await known.persistedQueries.get("apq:abc")).toBe("{ viewer { subject } }");
  expect(await known.persistedQueries.get("apq:abd")).toBeUndefined();
});

test("a document is found by its text, unless V8 would compare the text with every other of its length", () => {
  const known = new KnownDocuments();
  const short = "{ viewer { subject } }";
  const long = short + " ".repeat(16_384);
  known.remember("short", short, document, 6);
  known.remember("long", long, document, 6);
  expect(known.findBySource(short)).toBe(document);
  expect(known.findBySource(long)).toBeUndefined();
  expect(known.find("long")).toBe(document);
});

test("a document that was removed is not found by its text", () => {
  const known = new KnownDocuments();
  known.remember("first", "{ viewer { subject } }", document, 6);
  for (let index = 0; index < 1000; index += 1) {
    known.remember(`hash ${index}`, `${index}${" ".repeat(60_000)}`, document, 100);
  }
  expect(known.findBySource("{ viewer { subject } }")).toBeUndefined();
});
