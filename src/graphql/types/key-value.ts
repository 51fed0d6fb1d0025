import { Field, ObjectType } from "type-graphql";

@ObjectType({ description: "A name and a value: a header, a form field, one entry of metadata, one tag." })
export class KeyValue {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  value!: string;
}
