import type { GraphQLResolveInfo } from "graphql";
import { Arg, Ctx, FieldResolver, ID, Info, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { authorizeUpload, authorizeUploadsBelow } from "../../access/authorization.ts";
import { defaultExpiresInSeconds } from "../../access/url-lifetime.ts";
import { badUserInput, ValetKeyError } from "../../core/errors.ts";
import { parseKeyPrefix } from "../../core/object-address.ts";
import { completeUpload, requireEveryPart } from "../../storage/multipart/complete-upload.ts";
import { abortMultipartUpload, fittingParts } from "../../storage/multipart/multipart-uploads.ts";
import {
  listPendingUploads,
  parsePendingPage,
  startOfUpload,
} from "../../storage/multipart/pending-uploads.ts";
import type { SealedUpload, UploadDescriptor } from "../../storage/multipart/upload-descriptor.ts";
import { bytesOfPart, planWith } from "../../storage/multipart/upload-plan.ts";
import { bareEtag } from "../../storage/objects/stored-object.ts";
import { presignPart } from "../../storage/signing/presigned-requests.ts";
import { parseBucketAddress } from "../arguments.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import { S3Object } from "../object/s3-object.ts";
import { toS3Object } from "../object/s3-object-type.ts";
import { CompletedPartInput, PartChecksumInput } from "../types/inputs.ts";
import { toPageInfo } from "../types/page-info.ts";
import { DateTimeISO } from "../types/scalars.ts";
import { writtenExpiresIn } from "../written-expires-in.ts";
import { MultipartUpload, PendingUploadConnection, UploadedPart, UploadPart } from "./multipart-upload.ts";
import { toMultipartUpload } from "./multipart-upload-type.ts";
import { partChecksumHeaders } from "./part-checksums.ts";
import { nextPartNumbers, parsePartNumbers } from "./part-numbers.ts";

@Resolver(() => MultipartUpload)
export class MultipartUploadResolver {
  @Query(() => MultipartUpload, {
    nullable: true,
    description: "A multipart upload in progress; null when it is gone: completed or aborted.",
  })
  async upload(
    @Ctx() context: RequestContext,
    @Arg("id", () => ID, {
      description: "The `id` of requestUpload's answer.",
    })
    id: string,
  ): Promise<MultipartUpload | null> {
    const upload = openPromised(context, id);
    try {
      await context.loaders.parts.load(upload);
    } catch (error) {
      if (error instanceof ValetKeyError && error.code === "UPLOAD_NOT_FOUND") return null;
      throw error;
    }
    // The id that the client sent, also where it has an older format: clients cache by it.
    return toMultipartUpload(upload, id);
  }

  @Query(() => PendingUploadConnection, {
    description:
      "Multipart uploads in progress below a prefix that the caller may upload to: what a client finds after a reload, and resumes (requestUpload with resume: true) or aborts.",
  })
  async uploads(
    @Ctx() context: RequestContext,
    @Arg("bucket", () => String, { description: "The bucket's name." }) bucket: string,
    @Arg("prefix", () => String, {
      nullable: true,
      defaultValue: "",
      description: "It has to lie inside a prefix that the caller may upload to.",
    })
    prefix: string | null,
    @Arg("region", () => String, {
      nullable: true,
      description: "The bucket's region. Left out: the server's default region.",
    })
    region: string | null,
    @Arg("first", () => Int, { nullable: true, defaultValue: 100, description: "1 to 1,000." })
    first: number | null,
    @Arg("after", () => String, { nullable: true, description: "An endCursor, or an edge's cursor." }) after:
      | string
      | null,
  ): Promise<PendingUploadConnection> {
    const address = parseBucketAddress({ bucket, region }, context.services.regions);
    const below = parseKeyPrefix(prefix ?? "");
    const asked = parsePendingPage({ prefix: below, first: first ?? 100, after: after ?? undefined });
    authorizeUploadsBelow(context.grants, { bucket: address.bucket, prefix: below });
    const { page, there } = await context.callS3(
      address,
      async (s3, there) => ({ page: await listPendingUploads(s3, there, asked), there }),
      "pending-uploads",
    );
    const edges = page.uploads.map(({ key, uploadId, startedAt, cursor }) => {
      const id = context.services.uploadIds.seal({ ...there, key, uploadId });
      return {
        cursor,
        node: { id, bucket: there.bucket, key, region: there.region, startedAt: startedAt ?? new Date(0) },
      };
    });
    return {
      edges,
      nodes: edges.map(({ node }) => node),
      pageInfo: toPageInfo(page, edges, after),
    };
  }

  @Mutation(() => S3Object, {
    nullable: true,
    description:
      "Completes a multipart upload. Refuses (UPLOAD_INCOMPLETE) while bytes are missing, and says which parts. May be repeated: see `parts`.",
  })
  async completeUpload(
    @Ctx() context: RequestContext,
    @Arg("id", () => ID, {
      description: "The `id` of requestUpload's answer.",
    })
    id: string,
    @Arg("parts", () => [CompletedPartInput], {
      nullable: true,
      description:
        "All parts with their ETags, as S3 answered them or as `uploadedParts` tells them: held against what S3 has. They also prove which object this upload became, so with them a completion may be repeated at any replica, any time. Left out: the server asks S3 for the parts, and only the process that completed the upload knows it again; elsewhere a repetition is UPLOAD_NOT_FOUND.",
    })
    parts: CompletedPartInput[] | null,
  ): Promise<S3Object> {
    const upload = openPromised(context, id);
    await withFieldPrefix(promisedValues, () => authorizeUpload(context.grants, upload, upload));
    if (parts) requireEveryPart(upload, parts);
    const stored = await context.callS3(upload, (s3, there) =>
      completeUpload(s3, there, context.services.completedUploads, parts ?? undefined),
    );
    context.loaders.wrote(stored);
    return toS3Object(stored);
  }

  @Mutation(() => ID, {
    description: "Ends a multipart upload and frees its parts. Aborting one that is gone is no error.",
  })
  async abortUpload(
    @Ctx() context: RequestContext,
    @Arg("id", () => ID, {
      description: "The `id` of requestUpload's answer, or of `uploads`.",
    })
    id: string,
  ): Promise<string> {
    const upload = open(context, id);
    await context.callS3(upload, (s3, there) => abortMultipartUpload(s3, there));
    return id;
  }

  @FieldResolver(() => DateTimeISO, { nullable: true, description: "When the upload was begun." })
  async startedAt(@Root() { upload }: MultipartUpload, @Ctx() context: RequestContext): Promise<Date | null> {
    if (upload.startedAt !== undefined) return upload.startedAt;
    const start = await context.callS3(upload, (s3, there) => startOfUpload(s3, there), "pending-uploads");
    return start ?? null;
  }

  @FieldResolver(() => [UploadPart], {
    description:
      "Presigned URLs of the parts asked for, in ascending order: by number, or the next `first` after `after` that S3 does not hold yet. At most 1,000.",
  })
  async parts(
    @Root() root: MultipartUpload,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Arg("numbers", () => [Int], { nullable: true, description: "These parts, held by S3 or not." }) numbers:
      | number[]
      | null,
    @Arg("first", () => Int, {
      nullable: true,
      description: "So many of the parts that S3 does not hold: 1 to 1,000, which is the default.",
    })
    first: number | null,
    @Arg("after", () => Int, {
      nullable: true,
      defaultValue: 0,
      description: "Only parts with higher numbers.",
    })
    after: number | null,
    @Arg("expiresIn", () => Int, {
      nullable: true,
      defaultValue: defaultExpiresInSeconds,
      description:
        "Seconds until the sending of a part has to start. Left out or null: as many as requestUpload was asked for in the same request, else 2,400, and fewer where no more are allowed. A number has to be allowed (BAD_USER_INPUT).",
    })
    expiresIn: number | null,
    @Arg("checksums", () => [PartChecksumInput], {
      nullable: true,
      description:
        "Signed into the parts that are answered, and among their headers. For uploads that were begun with a checksum, which says the algorithm.",
    })
    checksums: PartChecksumInput[] | null,
  ): Promise<UploadPart[]> {
    try {
      const asked = writtenExpiresIn(info, expiresIn);
      return await signParts(context, root, { numbers, first, after, expiresIn: asked, checksums });
    } catch (error) {
      // requestUpload has no answer then, and nobody would ever know of the upload.
      if (root.request?.hasBegunIt) await abandon(context, root.upload);
      throw error;
    }
  }

  @FieldResolver(() => [UploadedPart], {
    description: "The parts that S3 holds. One whose size does not fit is left out: it has to be sent again.",
  })
  async uploadedParts(
    @Root() { upload }: MultipartUpload,
    @Ctx() { loaders }: RequestContext,
  ): Promise<UploadedPart[]> {
    const held = await loaders.parts.load(upload);
    return fittingParts(planWith(upload.sizeBytes, upload.partBytes), held).map(
      ({ number, sizeBytes, etag, uploadedAt }) => ({
        number,
        size: sizeBytes,
        etag: bareEtag(etag),
        uploadedAt: uploadedAt ?? null,
      }),
    );
  }
}

interface WantedParts {
  readonly numbers: readonly number[] | null | undefined;
  readonly first: number | null | undefined;
  readonly after: number | null | undefined;
  readonly expiresIn: number | null | undefined;
  readonly checksums: readonly PartChecksumInput[] | null | undefined;
}

async function signParts(
  context: RequestContext,
  { upload, request }: MultipartUpload,
  { numbers, first, after, expiresIn, checksums }: WantedParts,
): Promise<UploadPart[]> {
  const { presigner, clock } = context.services;
  const limits = await withFieldPrefix(promisedValues, () => authorizeUpload(context.grants, upload, upload));
  const lifetime = context.urlLifetime(
    { expiresInSeconds: expiresIn, defaultSeconds: request?.expiresInSeconds },
    limits,
  );
  const plan = planWith(upload.sizeBytes, upload.partBytes);
  if (numbers && typeof first === "number") {
    throw badUserInput("first", "Name parts by their numbers, or ask for the next ones: not both.");
  }
  const wanted =
    numbers === null || numbers === undefined
      ? nextPartNumbers(plan, await context.loaders.parts.load(upload), { first, after })
      : parsePartNumbers(plan, numbers);
  const headersOf = partChecksumHeaders(upload, plan, checksums ?? []);
  const session = await context.sessionFor(lifetime);
  const signing = {
    address: upload,
    session,
    signedAt: new Date(clock()),
    expiresInSeconds: lifetime.signedSeconds,
  };
  return wanted.map((number) => {
    const sizeBytes = bytesOfPart(plan, number);
    const { uploadId } = upload;
    const part = { uploadId, partNumber: number, sizeBytes, headers: headersOf.get(number) };
    const { url, headers, expiresAt } = presignPart(presigner, { ...signing, ...part });
    return { number, size: sizeBytes, url, headers: [...headers], expiresAt };
  });
}

/** They were promised when the upload began, so errors about them point at no argument of this request. */
const promisedValues = { fieldPrefix: "", elsewhere: { size: undefined, contentType: undefined } };

function abandon(context: RequestContext, upload: UploadDescriptor): Promise<void> {
  return context.services.abandonedUploads.abort(upload, () => context.freshS3(upload.region));
}

/** An id grants nothing by itself: whoever uses it has to have the right to upload to its key, now. */
function open({ services, grants }: RequestContext, id: string): SealedUpload {
  const upload = services.uploadIds.open(id);
  authorizeUploadsBelow(grants, { bucket: upload.bucket, prefix: upload.key });
  return upload;
}

function openPromised(context: RequestContext, id: string): UploadDescriptor {
  const upload = open(context, id);
  if (upload.sizeBytes !== undefined) return upload;
  throw badUserInput(
    "id",
    "S3's list does not tell the file's size: call requestUpload with resume: true to go on, or abortUpload.",
  );
}
