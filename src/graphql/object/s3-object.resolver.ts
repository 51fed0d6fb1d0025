import type { GraphQLResolveInfo } from "graphql";
import { Args, FieldResolver, Info, Resolver, Root } from "type-graphql";
import { authorizeDownload } from "../../access/authorization.ts";
import { Context, type RequestContext } from "../context.ts";
import { DownloadArguments } from "../download/download-arguments.ts";
import { DownloadUrl } from "../download/download-url.ts";
import { signDownload } from "../download/sign-download.ts";
import { requestedExpiresIn } from "../requested-expires-in.ts";
import { Cost } from "../types/field-cost.ts";
import { KeyValue } from "../types/key-value.ts";
import { addressOf, headOf, ifExists } from "./object-reference.ts";
import { Checksum, S3Object } from "./s3-object.ts";

/** The fields that need work: a HEAD that several fields share, GetObjectTagging, or a signature. */
@Resolver(() => S3Object)
export class S3ObjectResolver {
  @Cost({ sharedS3Call: "HEAD" })
  @FieldResolver(() => String, {
    nullable: true,
    description: "The media type that downloads have as `Content-Type`.",
  })
  async contentType(@Root() object: S3Object, @Context() context: RequestContext): Promise<string | null> {
    return (await headOf(object, context))?.contentType ?? null;
  }

  @Cost({ sharedS3Call: "HEAD" })
  @FieldResolver(() => String, {
    nullable: true,
    description: "The `Content-Disposition` header of downloads, unless their URL overrides it.",
  })
  async contentDisposition(
    @Root() object: S3Object,
    @Context() context: RequestContext,
  ): Promise<string | null> {
    return (await headOf(object, context))?.contentDisposition ?? null;
  }

  @Cost({ sharedS3Call: "HEAD" })
  @FieldResolver(() => String, {
    nullable: true,
    description: "The `Cache-Control` header of downloads.",
  })
  async cacheControl(@Root() object: S3Object, @Context() context: RequestContext): Promise<string | null> {
    return (await headOf(object, context))?.cacheControl ?? null;
  }

  @Cost({ items: 10, sharedS3Call: "HEAD" })
  @FieldResolver(() => [KeyValue], {
    description: "The metadata stored with the object. Names are in lower case.",
  })
  async metadata(@Root() object: S3Object, @Context() context: RequestContext): Promise<KeyValue[]> {
    return [...((await headOf(object, context))?.metadata ?? [])];
  }

  @Cost({ sharedS3Call: "HEAD" })
  @FieldResolver(() => Checksum, {
    nullable: true,
    description:
      "The checksum of the whole object, if S3 stores one. After a multipart upload S3 may store only a checksum of the parts' checksums, which is not shown.",
  })
  async checksum(@Root() object: S3Object, @Context() context: RequestContext): Promise<Checksum | null> {
    return (await headOf(object, context))?.checksum ?? null;
  }

  @Cost({ items: 10, s3Calls: 1 })
  @FieldResolver(() => [KeyValue], {
    description: "The tags of the object.",
  })
  async tags(@Root() object: S3Object, @Context() context: RequestContext): Promise<KeyValue[]> {
    const address = addressOf(object, context);
    authorizeDownload(context.grants, address);
    return [...((await ifExists(context.loaders.tags.load(address))) ?? [])];
  }

  @FieldResolver(() => DownloadUrl, {
    description:
      "A presigned URL to download the object. It is signed without a request to S3, so it does not check that the object still exists. Requires a grant for `DOWNLOAD`. If another program has stored the object under a key with `.` or `..` as a path segment, browsers change the URL and S3 refuses it, and for a CDN the error is `BAD_USER_INPUT`; copy the object to another key with `copyObject`.",
  })
  async downloadUrl(
    @Root() object: S3Object,
    @Context() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => DownloadArguments) options: DownloadArguments,
  ): Promise<DownloadUrl> {
    const expiresIn = requestedExpiresIn(info, options.expiresIn);
    // graphql-js asks for the URLs of all objects of a page at once.
    const turn = context.turns.take(1);
    if (turn !== undefined) await turn;
    return signDownload(context, addressOf(object, context), { ...options, expiresIn, verify: false });
  }
}
