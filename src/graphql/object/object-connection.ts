import { Field, ObjectType } from "type-graphql";
import { Cost } from "../types/field-cost.ts";
import { PageInfo } from "../types/page-info.ts";
import { S3Object } from "./s3-object.ts";

@ObjectType({ simpleResolvers: true, description: "An object of a page, with its cursor." })
export class ObjectEdge {
  @Field(() => String, {
    description:
      "Pass this as `after` to continue after this object, with the same `prefix` and `delimiter`. Cursors remain valid when the server restarts.",
  })
  cursor!: string;

  @Field(() => S3Object, { description: "The object." })
  node!: S3Object;
}

@ObjectType({
  simpleResolvers: true,
  description: "A page of objects, in ascending order of the UTF-8 bytes of their keys.",
})
export class ObjectConnection {
  @Cost({ items: 1 })
  @Field(() => [ObjectEdge], { description: "The objects of the page, each with its cursor." })
  edges!: ObjectEdge[];

  @Cost({ items: 1 })
  @Field(() => [S3Object], { description: "The objects of the page, without cursors." })
  nodes!: S3Object[];

  @Cost({ items: 1 })
  @Field(() => [String], {
    description:
      "The folders on this page, each with the `delimiter` at its end. Pass one as `prefix` to list its content. Empty if no `delimiter` was given.",
  })
  folders!: string[];

  @Field(() => PageInfo, { description: "The position of the page." })
  pageInfo!: PageInfo;
}
