import type { Action as GrantedAction } from "../../access/grants.ts";
import type { ChecksumAlgorithm as S3ChecksumAlgorithm } from "../../storage/checksums/checksum.ts";
import type { Disposition as DownloadDisposition } from "../../storage/headers/content-disposition.ts";
import { schemaEnum } from "./schema-enum.ts";

export type Disposition = DownloadDisposition;
export const Disposition = schemaEnum<Disposition>(
  "Disposition",
  "Whether a browser shows a downloaded object or saves it.",
  {
    INLINE:
      "The browser shows the object if it can, even if it was stored as an attachment. Stored `text/html` and `image/svg+xml` then run as a page of the bucket's origin. For files that you do not trust, use `ATTACHMENT`, or override `contentType` with a type that cannot run scripts.",
    ATTACHMENT: "The browser saves the object as a file.",
  },
);

export type UploadMethod = "AUTO" | "PUT" | "POST" | "MULTIPART";
export const UploadMethod = schemaEnum<UploadMethod>("UploadMethod", "How the client sends the file to S3.", {
  AUTO: "The server chooses: `PUT` for files up to its multipart threshold, which is 64 MiB by default, and `MULTIPART` for larger files. With `maxSize` it chooses `POST`.",
  PUT: "The client sends one PUT request with the file as its body. The file may have up to 5 GiB.",
  POST: "The client sends one form (`multipart/form-data`), as an HTML page can do without JavaScript. The file may have up to 5 GiB.",
  MULTIPART:
    "The client sends the file in parts. Parts can be sent in parallel, a failed part can be repeated alone, and the upload can be resumed after a reload. The file may have up to 48.8 TiB, which is 10,000 parts of 5 GiB.",
});

export type Action = GrantedAction;
export const Action = schemaEnum<Action>("Action", "What a grant allows the caller to do.", {
  DOWNLOAD: "The caller may read objects, their metadata and their tags.",
  UPLOAD: "The caller may store objects, and list, complete and abort multipart uploads.",
  LIST: "The caller may list objects.",
  DELETE: "The caller may delete objects.",
  CREDENTIALS:
    "The caller may use the other actions of the same grant with temporary credentials: see `requestCredentials`.",
});

export type ChecksumAlgorithm = S3ChecksumAlgorithm;
export const ChecksumAlgorithm = schemaEnum<ChecksumAlgorithm>(
  "ChecksumAlgorithm",
  "The checksums that S3 can verify and store.",
  {
    CRC32: "The CRC-32 of zlib and gzip, 4 bytes, most significant byte first. Works for multipart uploads.",
    CRC32C: "The CRC-32C (Castagnoli), 4 bytes, most significant byte first. Works for multipart uploads.",
    CRC64NVME: "The CRC-64/NVME, 8 bytes, most significant byte first. Works for multipart uploads.",
    SHA1: "SHA-1, 20 bytes. Not available for multipart uploads.",
    SHA256: "SHA-256, 32 bytes. Not available for multipart uploads.",
  },
);
