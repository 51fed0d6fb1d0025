import { Args, ArgsType, Field, Query, Resolver } from "type-graphql";
import { authorizeList } from "../../access/authorization.ts";
import { type BucketAddress, parseKeyPrefix, parseObjectKey } from "../../core/object-address.ts";
import { type ListedVersion, listVersions, parseVersionPage } from "../../storage/objects/list-versions.ts";
import { bareEtag } from "../../storage/objects/stored-object.ts";
import { parseBucketAddress } from "../addresses.ts";
import { Context, type RequestContext } from "../context.ts";
import { PrefixArgument, toConnection } from "../types/connection.ts";
import { Cost, pageSize } from "../types/field-cost.ts";
import { AfterArgument, BucketField, FirstArgument, RegionArgument } from "../types/fields.ts";
import { type ObjectVersion, ObjectVersionConnection } from "./object-version.ts";

@ArgsType()
class ObjectVersionsArguments {
  @BucketField()
  bucket!: string;

  @PrefixArgument("versions of objects whose keys", "LIST")
  prefix!: string;

  @Field(() => String, {
    nullable: true,
    description: "Only versions of the object with this key are listed.",
  })
  key?: string | null;

  @RegionArgument()
  region?: string | null;

  @FirstArgument("versions and delete markers")
  first!: number;

  @AfterArgument(
    "It must be from a listing with the same `prefix` and `key`. If its version has been deleted since then, a store may skip the remaining versions of that key, so list all pages before you delete.",
  )
  after?: string | null;
}

@Resolver()
export class ObjectVersionsResolver {
  @Cost({ items: pageSize, s3Calls: 1 })
  @Query(() => ObjectVersionConnection, {
    description:
      "Lists the versions and delete markers of a bucket with versioning page by page, with one request to S3 for a page. Requires a grant for `LIST`.",
  })
  async objectVersions(
    @Context() context: RequestContext,
    @Args(() => ObjectVersionsArguments) { bucket, region, first, after, ...given }: ObjectVersionsArguments,
  ): Promise<ObjectVersionConnection> {
    const address = parseBucketAddress({ bucket, region }, context.services.regions);
    const request = parseVersionPage({
      prefix: parseKeyPrefix(given.prefix),
      key: given.key === null || given.key === undefined ? undefined : parseObjectKey(given.key),
      first,
      after: after ?? undefined,
    });
    authorizeList(context.grants, { bucket: address.bucket, prefix: request.prefix });
    const { page, there } = await context.callS3(address, async (s3, there) => ({
      page: await listVersions(s3, there, request),
      there,
    }));
    return toConnection({ ...page, items: page.versions }, after, (version) =>
      toObjectVersion(version, there),
    );
  }
}

function toObjectVersion(
  { key, versionId, isLatest, isDeleteMarker, sizeBytes, etag, lastModified, storageClass }: ListedVersion,
  { bucket, region }: BucketAddress,
): ObjectVersion {
  return {
    ...{ bucket, key, region, versionId, isLatest, isDeleteMarker },
    size: sizeBytes ?? null,
    etag: etag === undefined ? null : bareEtag(etag),
    lastModified: lastModified ?? null,
    storageClass: storageClass ?? null,
  };
}
