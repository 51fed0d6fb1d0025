import { z } from "zod";
import { maxStreamedBytes } from "../../../storage/streaming/streamed-part-sizes.ts";
import { bytes, integer, list } from "../value-parsers.ts";
import { variable } from "../variable.ts";

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;

/** Uploads, and the secret that seals their ids. */
export const uploadVariables = {
  VALETKEY_SECRET: variable(
    list(
      z.string().refine((text) => Buffer.byteLength(text) >= 32, {
        message: "takes at least 32 bytes for each secret",
      }),
    ).optional(),
    "with the embedded store, random and kept in its folder; with a role, required",
    "Seals upload ids: at least 32 bytes, the same on every replica. With a comma list, the first secret seals and all of them open.",
  ),
  VALETKEY_MULTIPART_BYTES: variable(
    bytes(0, 5 * GiB).default(64 * MiB),
    "`64MiB`",
    "Larger files become multipart uploads when `requestUpload` chooses the method.",
  ),
  VALETKEY_MAX_UPLOAD_BYTES: variable(
    bytes(1, maxStreamedBytes).default(5 * GiB),
    "`5GiB`",
    `The size limit of \`uploadFile\`, whatever a grant allows. At most ${maxStreamedBytes} (448 GiB).`,
  ),
  VALETKEY_MAX_FILES: variable(
    integer(1, 1000).default(10),
    "`10`",
    "The number of files in one multipart request.",
  ),
  VALETKEY_UPLOAD_BYTES_PER_SECOND: variable(
    bytes(64 * KiB, TiB).optional(),
    "none",
    "`10MiB` is the rate at which the server reads the forms of `uploadFile`, for each caller and all of its forms together. Callers without a valid token are told apart by address. Faster clients are slowed down, not refused. [Decision 53](decisions/0053-upload-rate.md) explains it.",
  ),
};
