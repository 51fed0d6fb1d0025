import { Field, InputType, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description: "A name with a value: a header, a form field, an entry of an object's metadata, or a tag.",
})
export class KeyValue {
  @Field(() => String, { description: "The name. Names of metadata are in lower case." })
  name!: string;

  @Field(() => String, { description: "The value." })
  value!: string;
}

@InputType({ description: "A name with a value: an entry of an object's metadata, or a tag." })
export class KeyValueInput {
  @Field(() => String, {
    description:
      "The name. A name of metadata has 1 to 128 characters that are allowed in the name of an HTTP header, and S3 stores it in lower case. The name of a tag has 1 to 128 letters, digits, spaces and `+-=._:/@`, and must not start with `aws:`.",
  })
  name!: string;

  @Field(() => String, {
    description:
      "The value. A value of metadata may be any Unicode text without control characters. The value of a tag has up to 256 letters, digits, spaces and `+-=._:/@`.",
  })
  value!: string;
}
