import { Arg, Ctx, Int, Mutation, Query, Resolver } from "type-graphql";
import {
  authorizeDownload,
  authorizeList,
  authorizeUpload,
  authorizeUploadsBelow,
  limitsContentType,
} from "../../access/authorization.ts";
import { ValetKeyError } from "../../core/errors.ts";
import { type ObjectAddress, parseKeyPrefix } from "../../core/object-address.ts";
import { assertCopyable } from "../../storage/copying/copied-description.ts";
import { copyObject } from "../../storage/copying/copy-object.ts";
import { lookAtSource } from "../../storage/copying/copy-source.ts";
import { parseDescriptionChanges } from "../../storage/description/object-description.ts";
import { listObjects, parsePage } from "../../storage/objects/list-objects.ts";
import { parseBucketAddress, parseNewObjectAddress, parseObjectAddress } from "../arguments.ts";
import type { RequestContext } from "../context.ts";
import { withFieldPrefix } from "../field-prefix.ts";
import { ObjectInput, UploadInput } from "../types/inputs.ts";
import { toPageInfo } from "../types/page-info.ts";
import { ObjectConnection, S3Object } from "./s3-object.ts";
import { listedToS3Object, toS3Object } from "./s3-object-type.ts";

@Resolver()
export class ObjectsResolver {
  @Query(() => S3Object, { nullable: true, description: "One object; null when there is none." })
  async object(
    @Ctx() context: RequestContext,
    @Arg("bucket", () => String, { description: "The bucket's name." }) bucket: string,
    @Arg("key", () => String, { description: "The object's key, exactly as it is." }) key: string,
    @Arg("region", () => String, {
      nullable: true,
      description: "The bucket's region. Left out: the server's default region.",
    })
    region: string | null,
    @Arg("versionId", () => String, {
      nullable: true,
      description: "A version, in a bucket with versioning. Left out: the latest.",
    })
    versionId: string | null,
  ): Promise<S3Object | null> {
    const address = parseObjectAddress({ bucket, key, region, versionId }, context.services.regions);
    authorizeDownload(context.grants, address);
    try {
      const head = await context.loaders.head.load(address);
      context.loaders.learn(head);
      return toS3Object(head);
    } catch (error) {
      if (error instanceof ValetKeyError && error.code === "OBJECT_NOT_FOUND") return null;
      throw error;
    }
  }

  @Query(() => ObjectConnection, {
    description:
      "A page of the objects whose keys start with a prefix: one call to S3, whatever fields are asked for that S3's list has. With a delimiter, what lies deeper is summed up in `folders`.",
  })
  async objects(
    @Ctx() context: RequestContext,
    @Arg("bucket", () => String, { description: "The bucket's name." }) bucket: string,
    @Arg("prefix", () => String, {
      nullable: true,
      defaultValue: "",
      description: "It has to lie inside a prefix that the caller may list.",
    })
    prefix: string | null,
    @Arg("delimiter", () => String, { nullable: true, description: "Usually `/`." })
    delimiter: string | null,
    @Arg("region", () => String, {
      nullable: true,
      description: "The bucket's region. Left out: the server's default region.",
    })
    region: string | null,
    @Arg("first", () => Int, {
      nullable: true,
      defaultValue: 100,
      description: "Objects and folders together: 1 to 1,000.",
    })
    first: number | null,
    @Arg("after", () => String, {
      nullable: true,
      description: "An endCursor, or an edge's cursor, of a listing with the same prefix and delimiter.",
    })
    after: string | null,
  ): Promise<ObjectConnection> {
    const address = parseBucketAddress({ bucket, region }, context.services.regions);
    const below = parseKeyPrefix(prefix ?? "");
    const asked = parsePage({
      prefix: below,
      delimiter: delimiter ? parseKeyPrefix(delimiter, "delimiter") : undefined,
      first: first ?? 100,
      after: after ?? undefined,
    });
    authorizeList(context.grants, { bucket: address.bucket, prefix: below });
    const { page, there } = await context.callS3(address, async (s3, there) => ({
      page: await listObjects(s3, there, asked),
      there,
    }));
    const edges = page.objects.map((listed) => ({
      cursor: listed.cursor,
      node: listedToS3Object(listed, there),
    }));
    return {
      edges,
      nodes: edges.map(({ node }) => node),
      folders: [...page.folders],
      pageInfo: toPageInfo(page, edges, after),
    };
  }

  @Mutation(() => S3Object, {
    nullable: true,
    description:
      "Copies an object inside S3, of any size: its bytes do not pass through the server. What `to` says of type, headers, metadata and tags replaces the original's, what it leaves out is kept. Metadata and tags are replaced as a whole: `[]` clears them. A copy onto itself has to change something; one of an older version (`from.versionId`) onto its own key makes that the latest. The limits of the grant to UPLOAD count (size, content type). `to.checksum` is refused: S3 would not compare it.",
  })
  async copyObject(
    @Ctx() context: RequestContext,
    @Arg("from", () => ObjectInput, { description: "The original. Takes a grant to DOWNLOAD it." })
    from: ObjectInput,
    @Arg("to", () => UploadInput, {
      description:
        "Where the copy goes, and what is to be other than the original's. Takes a grant to UPLOAD there.",
    })
    to: UploadInput,
  ): Promise<S3Object> {
    const source = await withFieldPrefix("from.", () => parseObjectAddress(from, context.services.regions));
    return withFieldPrefix(
      { fieldPrefix: "to.", elsewhere: { from: "from", size: undefined, to: "to" } },
      () => copy(context, source, to),
    );
  }
}

async function copy(context: RequestContext, source: ObjectAddress, to: UploadInput): Promise<S3Object> {
  const target = parseNewObjectAddress(to, context.services.regions);
  const changes = parseDescriptionChanges(to);
  assertCopyable(changes);
  authorizeDownload(context.grants, source);
  // What the caller may not upload at all is refused before anyone learns whether the source is there.
  authorizeUploadsBelow(context.grants, { bucket: target.bucket, prefix: target.key });
  const { abandonedUploads, stopping } = context.services;
  const copied = await context.callS3(target, (_, there) =>
    copyObject({
      s3: () => context.freshS3(there.region),
      source: () => withFieldPrefix("from.", () => context.callS3Nested(source, lookAtSource)),
      to: there,
      changes,
      authorize: (facts) => authorizeUpload(context.grants, target, facts),
      pinContentType: limitsContentType(context.grants, target),
      abandoned: abandonedUploads,
      signal: stopping,
    }),
  );
  context.loaders.wrote(copied);
  return toS3Object(copied);
}
