import { describe, expect, test } from "vitest";
import type { RoleSession } from "../../../../src/access/role-session.ts";
import { ValetKeyError } from "../../../../src/core/errors.ts";
import { Endpoints } from "../../../../src/storage/client/endpoints.ts";
import {
  presignDownload,
  presignPart,
  presignPut,
  responseOverrides,
} from "../../../../src/storage/signing/presigned-requests.ts";
import { Presigner } from "../../../../src/storage/signing/presigner.ts";
import { objectAddress } from "../arbitraries.ts";
import { pairs } from "../pairs.ts";

const presigner = new Presigner({ endpoints: new Endpoints({ forcePathStyle: false }) });
const signedAt = new Date("2026-01-01T12:00:00.700Z");

function sessionUntil(expiresAt: string): RoleSession {
  return {
    credentials: { accessKeyId: "ASIA1", secretAccessKey: "secret", sessionToken: "token" },
    expiresAt: new Date(expiresAt),
    sessionName: "test",
  };
}

const demand = {
  address: objectAddress("a b.txt"),
  session: sessionUntil("2026-01-01T13:00:00Z"),
  signedAt,
  expiresInSeconds: 600,
};

function parametersOf(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}

describe("presignDownload", () => {
  test("expires the given number of seconds after the second of the signature", () => {
    const { url, expiresAt } = presignDownload(presigner, demand);
    expect(parametersOf(url)).toMatchObject({ "X-Amz-Date": "20260101T120000Z", "X-Amz-Expires": "600" });
    expect(expiresAt).toEqual(new Date("2026-01-01T12:10:00Z"));
  });

  test("never outlives the session", () => {
    const session = sessionUntil("2026-01-01T12:01:30.900Z");
    const { url, expiresAt } = presignDownload(presigner, { ...demand, session });
    expect(parametersOf(url)["X-Amz-Expires"]).toBe("90");
    expect(expiresAt).toEqual(new Date("2026-01-01T12:01:30Z"));
  });

  test("signs by a session that has exactly one second left", () => {
    const session = sessionUntil("2026-01-01T12:00:01Z");
    const { url, expiresAt } = presignDownload(presigner, { ...demand, session });
    expect(parametersOf(url)["X-Amz-Expires"]).toBe("1");
    expect(expiresAt).toEqual(new Date("2026-01-01T12:00:01Z"));
  });

  test.each(["2026-01-01T12:00:00.900Z", "2026-01-01T11:00:00Z", "not a date"])(
    "does not sign by a session that ends at %s",
    (end) => {
      expect(() => presignDownload(presigner, { ...demand, session: sessionUntil(end) })).toThrow(
        expect.objectContaining({ code: "CREDENTIALS_UNAVAILABLE", retryable: true }),
      );
    },
  );

  test.each([0, 1.5, 604_801])("refuses an expiry of %d seconds", (expiresInSeconds) => {
    expect(() => presignDownload(presigner, { ...demand, expiresInSeconds })).toThrow(RangeError);
  });

  test("signs overrides of the response's headers", () => {
    const overrides = responseOverrides({ filename: "naïve.txt", contentType: "text/html" });
    const { url } = presignDownload(presigner, { ...demand, overrides });
    expect(parametersOf(url)).toMatchObject({
      "response-content-type": "text/html",
      "response-content-disposition": "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt",
    });
  });

  test("does not turn a stored file into a script", () => {
    expect(() => responseOverrides({ contentType: "text/html" })).toThrow(ValetKeyError);
    expect(() =>
      responseOverrides({ contentType: "image/svg+xml", disposition: "INLINE", filename: "a.svg" }),
    ).toThrow(expect.objectContaining({ code: "BAD_USER_INPUT", field: "contentType" }));
  });
});

describe("presignPut", () => {
  test("signs every header and the length, and lists what the client has to send", () => {
    const headers = pairs({ "content-type": "text/plain", "x-amz-meta-a": "1", "if-none-match": "*" });
    const { url, headers: listed } = presignPut(presigner, { ...demand, headers, sizeBytes: 5 });
    expect(parametersOf(url)["X-Amz-SignedHeaders"]).toBe(
      "content-length;content-type;host;if-none-match;x-amz-meta-a",
    );
    expect(listed).toEqual(headers);
  });
});

describe("presignPart", () => {
  test("signs number, upload id, length and headers", () => {
    const { url, headers } = presignPart(presigner, {
      ...demand,
      uploadId: "upload/1+",
      partNumber: 7,
      sizeBytes: 5,
      headers: pairs({ "x-amz-checksum-crc32": "AAAAAA==" }),
    });
    expect(parametersOf(url)).toMatchObject({
      partNumber: "7",
      uploadId: "upload/1+",
      "X-Amz-SignedHeaders": "content-length;host;x-amz-checksum-crc32",
    });
    expect(headers).toEqual([{ name: "x-amz-checksum-crc32", value: "AAAAAA==" }]);
  });
});
