import {
  authorizeDownload,
  authorizeUpload,
  authorizeUploadsBelow,
  limitsContentType,
} from "../../access/authorization.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { assertCopyable } from "../../storage/copying/copied-description.ts";
import { copyObject } from "../../storage/copying/copy-object.ts";
import { lookAtSource } from "../../storage/copying/copy-source.ts";
import { parseDescriptionChanges } from "../../storage/description/object-description.ts";
import { withBucketTerms } from "../../storage/description/storage-terms.ts";
import type { ObjectHead, StoredObject } from "../../storage/objects/stored-object.ts";
import { streamedCopy } from "../../storage/streaming/streamed-copy.ts";
import { type GivenObject, parseNewObjectAddress, parseObjectAddress } from "../addresses.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import type { UploadInput } from "../types/upload-input.ts";

/** Copies an object inside S3. Errors about values of the source begin with `from.`, those of the target with `to.` */
export async function copyWithinS3(
  context: RequestContext,
  from: GivenObject,
  to: UploadInput,
): Promise<StoredObject | ObjectHead> {
  const source = await withFieldPrefix("from.", () => parseObjectAddress(from, context.services.regions));
  const elsewhere = { from: "from", to: "to", size: undefined };
  return withFieldPrefix({ fieldPrefix: "to.", elsewhere }, () => copy(context, source, to));
}

async function copy(
  context: RequestContext,
  source: ObjectAddress,
  to: UploadInput,
): Promise<StoredObject | ObjectHead> {
  const target = parseNewObjectAddress(to, context.services.regions);
  const changes = parseDescriptionChanges(to);
  assertCopyable(changes);
  authorizeDownload(context.grants, source);
  // Checked before S3 is asked, so that callers who may not upload do not learn whether the source exists.
  authorizeUploadsBelow(context.grants, { bucket: target.bucket, prefix: target.key });
  const { abandonedUploads, buckets, roles, stopping, uploadBudget, maxUploadBytes } = context.services;
  const copied = await context.callS3(target, (_, there) =>
    copyObject({
      s3: () => context.freshS3(there),
      source: () => withFieldPrefix("from.", () => context.callS3Nested(source, lookAtSource)),
      to: there,
      changes,
      terms: withBucketTerms({ storageClass: changes.storageClass }, buckets.of(target.bucket)),
      authorize: (facts) => authorizeUpload(context.grants, target, facts),
      // S3 copies with one session, which has to be allowed to read and to write.
      transfer:
        roles.of(source.bucket) === roles.of(target.bucket)
          ? undefined
          : streamedCopy({ budget: uploadBudget, maxBytes: maxUploadBytes }),
      pinContentType: limitsContentType(context.grants, target),
      abandoned: abandonedUploads,
      signal: stopping,
    }),
  );
  await context.wrote(copied, { by: "copyObject", given: changes });
  return copied;
}
