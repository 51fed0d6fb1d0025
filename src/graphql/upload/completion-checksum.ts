import { badUserInput } from "../../core/errors.ts";
import { type Checksum, parseChecksumValue } from "../../storage/checksums/checksum.ts";
import type { UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";

/**
 * Adds the value of the whole object's checksum, which a client may send at the completion.
 * @throws {ValetKeyError} BAD_USER_INPUT (checksum)
 */
export function withChecksumValue(upload: UploadDescriptor, value: string | undefined): UploadDescriptor {
  if (value === undefined) return upload;
  if (upload.checksum === undefined) {
    throw badUserInput(
      "checksum",
      "This upload was started without input.checksum, which determines the algorithm of the checksum.",
    );
  }
  const { algorithm, value: earlierValue } = upload.checksum;
  const checksum = parseChecksumValue(algorithm, value, "checksum");
  if (earlierValue !== undefined && earlierValue !== checksum.value) {
    throw badUserInput("checksum", "requestUpload was given another checksum of this upload.");
  }
  return { ...upload, checksum };
}

/** Undefined if the client completed the upload without the value. */
export function knownChecksum({ checksum }: UploadDescriptor): Checksum | undefined {
  if (checksum?.value === undefined) return undefined;
  return { algorithm: checksum.algorithm, value: checksum.value };
}
