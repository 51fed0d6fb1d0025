import { InputType } from "type-graphql";
import { BucketField, KeyArgument, RegionArgument, VersionIdArgument } from "./fields.ts";

@InputType({ description: "Identifies a stored object." })
export class ObjectInput {
  @BucketField()
  bucket!: string;

  @KeyArgument()
  key!: string;

  @RegionArgument()
  region?: string | null;

  @VersionIdArgument()
  versionId?: string | null;
}
