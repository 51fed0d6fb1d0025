import type { GraphQLResolveInfo } from "graphql";
import { Args, Ctx, FieldResolver, Info, Resolver, Root } from "type-graphql";
import { authorizeDownload } from "../../access/authorization.ts";
import { ValetKeyError } from "../../core/errors.ts";
import type { ObjectHead } from "../../storage/objects/stored-object.ts";
import type { RequestContext } from "../context.ts";
import { DownloadArguments } from "../download/download-arguments.ts";
import { DownloadUrl } from "../download/download-url.ts";
import { signDownload } from "../download/sign-download.ts";
import { ChecksumAlgorithm } from "../types/enums.ts";
import { KeyValue } from "../types/key-value.ts";
import { writtenExpiresIn } from "../written-expires-in.ts";
import { Checksum, S3Object } from "./s3-object.ts";

/** The fields that cost something: one HEAD for all that need it, one GetObjectTagging, one signature. */
@Resolver(() => S3Object)
export class S3ObjectResolver {
  @FieldResolver(() => String, {
    nullable: true,
    description: "The media type that downloads have.",
  })
  async contentType(@Root() object: S3Object, @Ctx() context: RequestContext): Promise<string | null> {
    return (await head(object, context))?.contentType ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The Content-Disposition that downloads have, unless their URL says another.",
  })
  async contentDisposition(@Root() object: S3Object, @Ctx() context: RequestContext): Promise<string | null> {
    return (await head(object, context))?.contentDisposition ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The Cache-Control that downloads have.",
  })
  async cacheControl(@Root() object: S3Object, @Ctx() context: RequestContext): Promise<string | null> {
    return (await head(object, context))?.cacheControl ?? null;
  }

  @FieldResolver(() => [KeyValue], {
    description: "Metadata kept with the object; names are in lower case.",
  })
  async metadata(@Root() object: S3Object, @Ctx() context: RequestContext): Promise<KeyValue[]> {
    return [...((await head(object, context))?.metadata ?? [])];
  }

  @FieldResolver(() => Checksum, {
    nullable: true,
    description: "The checksum of the whole object, if S3 keeps one.",
  })
  async checksum(@Root() object: S3Object, @Ctx() context: RequestContext): Promise<Checksum | null> {
    const checksum = (await head(object, context))?.checksum;
    if (checksum === undefined) return null;
    return { algorithm: ChecksumAlgorithm[checksum.algorithm], value: checksum.value };
  }

  @FieldResolver(() => [KeyValue], {
    description: "The object's tags.",
  })
  async tags(@Root() { address }: S3Object, @Ctx() context: RequestContext): Promise<KeyValue[]> {
    authorizeDownload(context.grants, address);
    return [...((await ifThere(context.loaders.tags.load(address))) ?? [])];
  }

  @FieldResolver(() => DownloadUrl, {
    description:
      "A presigned GET, signed in process: it costs no call to S3, and the object may be gone by then. Of a key with `.` or `..` as a segment, which others may have written, the URL is right, but browsers and most HTTP clients fold such segments and are refused (curl: `--path-as-is`).",
  })
  downloadUrl(
    @Root() { address }: S3Object,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => DownloadArguments) wanted: DownloadArguments,
  ): Promise<DownloadUrl> {
    const expiresIn = writtenExpiresIn(info, wanted.expiresIn);
    return signDownload(context, address, { ...wanted, expiresIn, verify: false });
  }
}

function head({ address }: S3Object, context: RequestContext): Promise<ObjectHead | undefined> {
  authorizeDownload(context.grants, address);
  return ifThere(context.loaders.head.load(address));
}

/** Whoever deletes an object while it is listed does not take the whole page away. */
async function ifThere<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "OBJECT_NOT_FOUND") return undefined;
    throw error;
  }
}
