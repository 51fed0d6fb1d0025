import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authorizeDelete,
  authorizeDownload,
  authorizeList,
  authorizeSignedDownload,
  authorizeSignedUpload,
  authorizeUpload,
  uploadLimitBytes,
  type WantedLifetime,
} from "../../../src/access/authorization.ts";
import type { Grant } from "../../../src/access/grants.ts";
import { ValetKeyError } from "../../../src/core/errors.ts";
import { anyGrants, anyObject, bucketA, bucketB, keyOf } from "./arbitraries.ts";

/** The code of the refusal, or ALLOWED. */
function decisionOf(decide: () => unknown): string {
  try {
    decide();
    return "ALLOWED";
  } catch (error) {
    if (error instanceof ValetKeyError) return error.code;
    throw error;
  }
}

const wanted = (seconds: number, longestSeconds = Infinity): WantedLifetime => ({
  seconds,
  orFewer: false,
  longestSeconds,
});

/** Does this one grant allow the whole request? Written apart from the code under test. */
function modelAllows(
  grant: Grant,
  request: {
    action: Grant["actions"][number];
    bucket: string;
    path: string;
    size?: number | undefined;
    type?: string | undefined;
    expires?: number | undefined;
  },
): boolean {
  if (grant.bucket !== request.bucket) return false;
  if (!grant.actions.some((action) => action === request.action)) return false;
  if (request.path.slice(0, grant.prefix.length) !== grant.prefix) return false;
  if (request.expires !== undefined && request.expires > (grant.maxExpiresSeconds ?? 1e9)) return false;
  if (request.action !== "UPLOAD") return true;
  if (request.size !== undefined && request.size > (grant.maxUploadBytes ?? 1e18)) return false;
  if (grant.contentTypes === undefined) return true;
  const type = request.type;
  if (type === undefined) return false;
  return grant.contentTypes.some((pattern) =>
    new RegExp(`^${pattern.replace(/[.+]/g, "\\$&").replaceAll("*", "[^/]+")}$`, "i").test(
      type.replace(/ *;.*$/, ""),
    ),
  );
}

const anyExpiry = fc.constantFrom(1, 60, 61, 3600, 3601);
const anySize = fc.option(fc.constantFrom(0, 1, 100, 101, 5_000_000), { nil: undefined });
const anyType = fc.option(
  fc.constantFrom("image/png", "IMAGE/PNG", "image/svg+xml; charset=utf-8", "application/pdf", "text/html"),
  { nil: undefined },
);

describe("decisions equal an independent model's", () => {
  test("on generated grants and requests", () => {
    fc.assert(
      fc.property(
        anyGrants,
        anyObject,
        anyExpiry,
        anySize,
        anyType,
        (grants, object, expires, size, type) => {
          const { bucket, key } = object;
          const anyAllows = (request: Omit<Parameters<typeof modelAllows>[1], "bucket" | "path">) =>
            grants.some((grant) => modelAllows(grant, { bucket, path: key, ...request }));
          const allowed = (decide: () => unknown) => decisionOf(decide) === "ALLOWED";
          expect(allowed(() => authorizeSignedDownload(grants, object, wanted(expires)))).toBe(
            anyAllows({ action: "DOWNLOAD", expires }),
          );
          expect(allowed(() => authorizeDownload(grants, object))).toBe(anyAllows({ action: "DOWNLOAD" }));
          expect(allowed(() => authorizeUpload(grants, object, { sizeBytes: size, contentType: type }))).toBe(
            anyAllows({ action: "UPLOAD", size, type }),
          );
          expect(allowed(() => authorizeDelete(grants, object))).toBe(anyAllows({ action: "DELETE" }));
          expect(allowed(() => authorizeList(grants, { bucket, prefix: key }))).toBe(
            anyAllows({ action: "LIST" }),
          );
          expect(
            allowed(() =>
              authorizeSignedUpload(grants, object, { sizeBytes: size, contentType: type }, wanted(expires)),
            ),
          ).toBe(anyAllows({ action: "UPLOAD", size, type, expires }));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("and the streamed path's limit is the most that would be let through", () => {
    fc.assert(
      fc.property(anyGrants, anyObject, anyType, (grants, object, contentType) => {
        const fits = (sizeBytes: number) =>
          decisionOf(() => authorizeUpload(grants, object, { sizeBytes, contentType })) === "ALLOWED";
        if (!fits(0)) {
          expect(decisionOf(() => uploadLimitBytes(grants, object, contentType))).not.toBe("ALLOWED");
          return;
        }
        const limit = uploadLimitBytes(grants, object, contentType);
        expect(fits(limit)).toBe(true);
        if (limit !== Infinity) expect(fits(limit + 1)).toBe(false);
      }),
    );
  });
});

describe("a refusal says what is at fault", () => {
  const grants: Grant[] = [
    {
      bucket: bucketA,
      prefix: "img/",
      actions: ["UPLOAD"],
      contentTypes: ["image/*"],
      maxUploadBytes: 1_000,
    },
    { bucket: bucketA, prefix: "", actions: ["UPLOAD"], maxUploadBytes: 10, maxExpiresSeconds: 60 },
    { bucket: bucketA, prefix: "docs/", actions: ["UPLOAD"], contentTypes: ["application/pdf"] },
    { bucket: bucketA, prefix: "shared/", actions: ["DOWNLOAD", "LIST"], maxExpiresSeconds: 300 },
  ];
  const at = (key: string) => ({ bucket: bucketA, key: keyOf(key) });

  test("without a grant: FORBIDDEN", () => {
    expect(() => authorizeDelete(grants, at("img/a.png"))).toThrow(
      expect.objectContaining({ code: "FORBIDDEN", retryable: false }),
    );
    expect(() => authorizeDownload([], at("shared/a"))).toThrow(
      expect.objectContaining({ code: "FORBIDDEN" }),
    );
  });

  test("without a grant, where a token could bring one: UNAUTHENTICATED", () => {
    const anonymous = Object.assign(grants.slice(3), {
      withToken: [{ bucket: bucketA, actions: ["LIST", "UPLOAD"] as const }],
    });
    const unauthenticated = expect.objectContaining({ code: "UNAUTHENTICATED", retryable: false });
    const forbidden = expect.objectContaining({ code: "FORBIDDEN" });
    expect(() => authorizeUpload(anonymous, at("a"))).toThrow(unauthenticated);
    expect(() => authorizeList(anonymous, { bucket: bucketA, prefix: "" })).toThrow(unauthenticated);
    expect(() => authorizeList(anonymous, { bucket: bucketA, prefix: "shared/" })).not.toThrow();
    expect(() => authorizeDelete(anonymous, at("a"))).toThrow(forbidden);
    expect(() => authorizeUpload(anonymous, { bucket: bucketB, key: keyOf("a") })).toThrow(forbidden);
  });

  test("a type, a size, an expiry that no grant allows", () => {
    const onlyDocs = grants.slice(2, 3);
    for (const contentType of [
      undefined,
      "text/html",
      "application",
      "application/pdf/x",
      "application/pdfx",
    ]) {
      expect(() => authorizeUpload(onlyDocs, at("docs/a"), { contentType })).toThrow(
        expect.objectContaining({ code: "CONTENT_TYPE_NOT_ALLOWED", field: "input.contentType" }),
      );
    }
    expect(() =>
      authorizeUpload(grants, at("img/a"), { sizeBytes: 1_001, contentType: "image/png" }),
    ).toThrow(
      expect.objectContaining({
        code: "UPLOAD_TOO_LARGE",
        field: "size",
        message: "At most 1000 bytes are allowed here.",
      }),
    );
    expect(() => authorizeSignedDownload(grants, at("shared/a"), wanted(301))).toThrow(
      expect.objectContaining({
        code: "BAD_USER_INPUT",
        field: "expiresIn",
        message: "At most 300 seconds are allowed here.",
      }),
    );
  });

  test("the session's own limit is named when it is the smaller one", () => {
    expect(() => authorizeSignedDownload(grants, at("shared/a"), wanted(200, 100))).toThrow(
      /At most 100 seconds/,
    );
    const upload = () => authorizeSignedUpload(grants, at("x"), { sizeBytes: 10 }, wanted(61, 3570));
    expect(upload).toThrow(/At most 60 /);
  });

  test("what is left for stableFor is said", () => {
    const ask = (expiresInSeconds: number, stableForSeconds: number, longestSeconds?: number) => () =>
      authorizeSignedDownload(
        grants,
        at("shared/a"),
        wanted(expiresInSeconds, longestSeconds),
        stableForSeconds,
      );
    expect(ask(200, 100)).not.toThrow();
    expect(ask(200, 101)).toThrow(
      expect.objectContaining({ field: "stableFor", message: expect.stringMatching(/^At most 100 .* 300 /) }),
    );
    expect(ask(300, 1)).toThrow(expect.objectContaining({ message: expect.stringMatching(/^At most 0 /) }));
    expect(ask(20, 50, 60)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^At most 40 /) }),
    );
    expect(ask(301, 1)).toThrow(expect.objectContaining({ field: "expiresIn" }));
  });

  test("who named no lifetime gets fewer seconds where no more are allowed", () => {
    const orFewer = (seconds: number, longestSeconds: number) => ({ seconds, orFewer: true, longestSeconds });
    const download = (longestSeconds: number, stableForSeconds = 0) =>
      authorizeSignedDownload(grants, at("shared/a"), orFewer(2400, longestSeconds), stableForSeconds);
    expect(download(3570)).toBe(300);
    expect(download(100)).toBe(100);
    expect(() => download(3570, 1)).toThrow(expect.objectContaining({ field: "stableFor" }));
    expect(authorizeSignedUpload(grants, at("x"), { sizeBytes: 10 }, orFewer(2400, 3570))).toBe(60);
    expect(authorizeSignedUpload(grants, at("x"), { sizeBytes: 10 }, orFewer(30, 3570))).toBe(30);
  });

  test("two grants do not add up", () => {
    const upload = { sizeBytes: 100, contentType: "image/png" };
    expect(() => authorizeUpload(grants, at("img/a"), upload)).not.toThrow();
    expect(() => authorizeUpload(grants, at("img/a"), { ...upload, contentType: "text/plain" })).toThrow(
      expect.objectContaining({ code: "UPLOAD_TOO_LARGE" }),
    );
  });

  test("a listing that is wider than the grant is refused, not narrowed", () => {
    for (const prefix of ["", "s", "shared"]) {
      expect(() => authorizeList(grants, { bucket: bucketA, prefix })).toThrow(
        expect.objectContaining({ code: "FORBIDDEN" }),
      );
    }
    expect(() => authorizeList(grants, { bucket: bucketA, prefix: "shared/" })).not.toThrow();
  });
});
