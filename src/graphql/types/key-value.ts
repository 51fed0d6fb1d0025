import { Field, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description: "A name and a value: a header, a form field, one entry of metadata, one tag.",
})
export class KeyValue {
  @Field(() => String, { description: "Metadata's names come in lower case." })
  name!: string;

  @Field(() => String, { description: "Any text." })
  value!: string;
}
