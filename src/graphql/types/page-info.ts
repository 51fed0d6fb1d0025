import { Field, ObjectType } from "type-graphql";

@ObjectType({ description: "Where a page ends." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there is more behind endCursor." })
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true, description: "Give it as `after` to get the next page." })
  endCursor!: string | null;
}
