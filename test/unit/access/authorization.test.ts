import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authorizeDelete,
  authorizeDownload,
  authorizeList,
  authorizeUpload,
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

const anySize = fc.option(fc.constantFrom(0, 1, 100, 101, 5_000_000), { nil: undefined });
const anyType = fc.option(
  fc.constantFrom("image/png", "IMAGE/PNG", "image/svg+xml; charset=utf-8", "application/pdf", "text/html"),
  { nil: undefined },
);

describe("decisions equal those of an independent model", () => {
  test("on generated grants and requests", () => {
    fc.assert(
      fc.property(anyGrants, anyObject, anySize, anyType, (grants, object, size, type) => {
        const { bucket, key } = object;
        const anyAllows = (request: Omit<Parameters<typeof modelAllows>[1], "bucket" | "path">) =>
          grants.some((grant) => modelAllows(grant, { bucket, path: key, ...request }));
        const allowed = (decide: () => unknown) => decisionOf(decide) === "ALLOWED";
        expect(allowed(() => authorizeDownload(grants, object))).toBe(anyAllows({ action: "DOWNLOAD" }));
        expect(allowed(() => authorizeUpload(grants, object, { sizeBytes: size, contentType: type }))).toBe(
          anyAllows({ action: "UPLOAD", size, type }),
        );
        expect(allowed(() => authorizeDelete(grants, object))).toBe(anyAllows({ action: "DELETE" }));
        expect(allowed(() => authorizeList(grants, { bucket, prefix: key }))).toBe(
          anyAllows({ action: "LIST" }),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  test("and the limits that are returned are the largest that a request may ask for", () => {
    const larger = (limit: number) => (limit === Infinity ? 1e9 : limit + 1);
    fc.assert(
      fc.property(anyGrants, anyObject, anyType, (grants, object, type) => {
        const upload = { action: "UPLOAD", bucket: object.bucket, path: object.key, type } as const;
        const isAllowed = (limits: { size?: number; expires?: number }) =>
          grants.some((grant) => modelAllows(grant, { ...upload, ...limits }));
        if (!isAllowed({})) return;
        const limits = authorizeUpload(grants, object, { contentType: type });
        expect(isAllowed({ size: Math.min(limits.maxUploadBytes, 1e9) })).toBe(true);
        expect(isAllowed({ size: larger(limits.maxUploadBytes) })).toBe(limits.maxUploadBytes === Infinity);
        expect(isAllowed({ expires: Math.min(limits.maxExpiresSeconds, 1e9) })).toBe(true);
        expect(isAllowed({ expires: larger(limits.maxExpiresSeconds) })).toBe(
          limits.maxExpiresSeconds === Infinity,
        );
      }),
    );
  });
});

describe("a refusal names the reason", () => {
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

  test("the bucket and the key as given, and the buckets that there are grants for", () => {
    const forbidden = (message: string) => expect.objectContaining({ code: "FORBIDDEN", message });
    const mistyped = { bucket: bucketB, key: keyOf('a "b".png') };
    expect(() => authorizeDownload(grants, mistyped)).toThrow(
      forbidden(
        `No grant allows DOWNLOAD of "a \\"b\\".png" in the bucket "${bucketB}". Your grants are for the bucket "${bucketA}".`,
      ),
    );
    expect(() => authorizeDelete(grants, at("a"))).toThrow(
      forbidden(`No grant allows DELETE of "a" in the bucket "${bucketA}".`),
    );
    expect(() => authorizeDelete([], at("k".repeat(1024)))).toThrow(
      forbidden(`No grant allows DELETE of "${"k".repeat(256)}" … in the bucket "${bucketA}".`),
    );
  });

  test("without a grant, if a token could give one: UNAUTHENTICATED", () => {
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

  test("a content type and a size that no grant allows", () => {
    const onlyDocs = grants.slice(2, 3);
    for (const contentType of [
      undefined,
      "text/html",
      "application",
      "application/pdf/x",
      "application/pdfx",
    ]) {
      expect(() => authorizeUpload(onlyDocs, at("docs/a"), { contentType })).toThrow(
        expect.objectContaining({ code: "CONTENT_TYPE_NOT_ALLOWED", field: "contentType" }),
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
  });

  test("two grants are not combined", () => {
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
