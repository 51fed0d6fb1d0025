import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Region, Regions } from "../../../../src/core/object-address.ts";
import { parseBucketName, parseObjectKey } from "../../../../src/core/object-address.ts";
import { checksumAlgorithms } from "../../../../src/storage/checksums/checksum.ts";
import type { SealedUpload } from "../../../../src/storage/multipart/upload-descriptor.ts";
import { UploadIds } from "../../../../src/storage/multipart/upload-id.ts";

const regions: Regions = { allowed: ["us-east-1" as Region], default: "us-east-1" as Region };
const secret = "a secret of more than thirty-two bytes";
const ids = new UploadIds([secret], regions);

const upload: SealedUpload = {
  region: "us-east-1" as Region,
  bucket: parseBucketName("user-content"),
  key: parseObjectKey("users/42/한국어 + %.bin"),
  uploadId: "2~abcDEF",
  sizeBytes: 50_000_000_000_000,
  partBytes: 5_000_658_944,
  overwrite: false,
  contentType: 'text/plain; charset="utf-8"',
  checksum: { algorithm: "CRC64NVME", value: "AAAAAAAAAAA=" },
};

const codeOf = (id: string, opener = ids) => {
  try {
    opener.open(id);
    return "opened";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("upload ids", () => {
  test("contain everything that was sealed", () => {
    expect(ids.open(ids.seal(upload))).toEqual(upload);
    const { region, bucket, key, uploadId } = upload;
    expect(ids.open(ids.seal({ region, bucket, key, uploadId }))).toEqual({ region, bucket, key, uploadId });
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1, maxLength: 250 }).filter((key) => {
          try {
            return parseObjectKey(key) === key;
          } catch {
            return false;
          }
        }),
        fc.nat(),
        fc.option(fc.constantFrom(...checksumAlgorithms), { nil: undefined }),
        (key, sizeBytes, algorithm) => {
          const checksum = algorithm && { algorithm, value: "x" };
          const sealed = { ...upload, key: parseObjectKey(key), sizeBytes, checksum };
          expect(ids.open(ids.seal(sealed))).toEqual(sealed);
        },
      ),
    );
  });

  test("of format 1, from older servers, can still be opened", () => {
    const id =
      "ARKMFFN4SYCQh8bqQcs9j0OzunjZiJblxCX3cYJNFdRdn6bHzPVMj66pZkVuJy_7nzwU-k7GS_-gsswrDJZSmwyf04u1B0a7" +
      "XlM8NQbEUMpbFpIKzDG6CRm9Ncd7gUpv5hAYJbtJXc1xt91o4woX8jsJE01O0wxDybOBuZ85WhwOEKO2yBB7rt_No9NoDKqA" +
      "nYLNRmXt-7rsc9bt8eoSrL2qTZ6x7e189l6uzrKCEteOcAfYg0xqPCNy3cnJBAIb477EqLFhGa6bw-0Tx77KODPkKCkhdCbJ" +
      "_vCPbFBOj1sJ8hOf8wHGSjluX95pKRS_eyZq22ZOa-qd_H0UPcTDKOx-HMmUOBdgNssE4k0";
    const startedAt = new Date("2026-01-02T03:04:05Z");
    expect(ids.open(id)).toEqual({ ...upload, contentType: undefined, startedAt });
    const next = "the next secret, longer than 32 bytes";
    expect(new UploadIds([next, secret], regions).open(id)).toMatchObject({ key: upload.key });
  });

  test("reveal nothing about the upload", () => {
    const id = ids.seal(upload);
    expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(id, "base64url").toString("latin1")).not.toMatch(/users|user-content|abcDEF/);
  });

  test("are the same each time, whatever the order of the fields and whenever the upload began", () => {
    const reordered: SealedUpload = { ...Object.fromEntries(Object.entries(upload).reverse()), ...upload };
    const later: SealedUpload = { ...upload, startedAt: new Date() };
    expect(ids.seal(reordered)).toBe(ids.seal(upload));
    expect(new UploadIds([secret], regions).seal(later)).toBe(ids.seal(upload));
  });

  test("differ for different uploads and terms", () => {
    const others: SealedUpload[] = [
      { ...upload, uploadId: "2~abcDEG" },
      { ...upload, sizeBytes: upload.sizeBytes - 1 },
      { ...upload, contentType: "text/html" },
      { ...upload, overwrite: true },
    ];
    const sealed = [upload, ...others].map((each) => ids.seal(each));
    expect(new Set(sealed).size).toBe(sealed.length);
  });

  test("stay within bounds for the longest key", () => {
    const longest = {
      ...upload,
      key: parseObjectKey('"'.repeat(1024)),
      uploadId: "u".repeat(1024),
      contentType: `a/b;c="${"!".repeat(248)}"`,
    };
    expect(ids.open(ids.seal(longest))).toEqual(longest);
  });

  test("are refused if any bit is changed or the end is missing", () => {
    const bytes = Buffer.from(ids.seal(upload), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(codeOf(changed.toString("base64url"))).toMatch(/^(?:UPLOAD_NOT_FOUND|BAD_USER_INPUT)$/);
    }
    for (let length = 0; length < bytes.length; length += 1) {
      expect(codeOf(bytes.subarray(0, length).toString("base64url"))).not.toBe("opened");
    }
  });

  test("are UPLOAD_NOT_FOUND with another secret or in a region that is no longer allowed", () => {
    const id = ids.seal(upload);
    expect(codeOf(id, new UploadIds(["another secret of thirty-two bytes!"], regions))).toBe(
      "UPLOAD_NOT_FOUND",
    );
    const elsewhere = { allowed: ["eu-west-1" as Region], default: "eu-west-1" as Region };
    expect(codeOf(id, new UploadIds([secret], elsewhere))).toBe("UPLOAD_NOT_FOUND");
  });

  test("are sealed with the first secret of the list and opened with any", () => {
    const next = "the next secret, longer than 32 bytes";
    const rotating = new UploadIds([next, secret], regions);
    expect(rotating.open(ids.seal(upload))).toEqual(upload);
    expect(new UploadIds([next], regions).open(rotating.seal(upload))).toEqual(upload);
    expect(codeOf(rotating.seal(upload))).toBe("UPLOAD_NOT_FOUND");
  });

  test("are BAD_USER_INPUT if they do not have the format of an id", () => {
    for (const id of ["", "x", "AQ", "not an id", "<>", "A".repeat(10_000), `${ids.seal(upload)}=`]) {
      expect(codeOf(id)).toBe("BAD_USER_INPUT");
    }
    fc.assert(fc.property(fc.string({ unit: "binary" }), (id) => codeOf(id) !== "opened"));
  });
});
