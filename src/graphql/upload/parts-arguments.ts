import { ArgsType, Field, InputType, Int } from "type-graphql";
import { defaultExpiresInSeconds } from "../../access/url-lifetime.ts";

@InputType({
  description: "The checksum of one part. S3 refuses the part if its bytes have another checksum.",
})
export class PartChecksumInput {
  @Field(() => Int, { description: "The number of the part, from 1." })
  number!: number;

  @Field(() => String, {
    description: "The checksum in base64. Its algorithm is the one of the upload's `input.checksum`.",
  })
  value!: string;
}

@ArgsType()
export class PartsArguments {
  @Field(() => [Int], {
    nullable: true,
    description:
      "The numbers of the parts to sign, at most 1,000, whether S3 has received them or not. Cannot be combined with `first`.",
  })
  numbers?: number[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Signs up to this many of the parts that S3 has not received yet, from 1 to 1,000. If both `first` and `numbers` are omitted, the limit is 1,000. Parts that are being sent count as not received: to send several at the same time, ask for `numbers`.",
  })
  first?: number | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 0,
    description: "Only parts with higher numbers than this one are returned. It has no effect on `numbers`.",
  })
  after!: number;

  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultExpiresInSeconds,
    description:
      "Within how many seconds the client has to start sending a part. If omitted or `null`, the `expiresIn` of `requestUpload` in the same request applies. In other requests it has 2,400 seconds (40 minutes), or fewer if the caller's grants or the server's role session allow fewer. If you ask for more than is allowed, the error (`BAD_USER_INPUT`) states the maximum.",
  })
  expiresIn!: number;

  @Field(() => [PartChecksumInput], {
    nullable: true,
    description:
      "Checksums of parts. They are signed and returned among the headers of their parts. The upload must have been started with `input.checksum`, which determines the algorithm.",
  })
  checksums?: PartChecksumInput[] | null;
}
