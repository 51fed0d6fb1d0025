import { z } from "zod";
import { accountId, externalId, kmsKeyArn, type NameSyntax, regionName, roleArn } from "../core/aws-names.ts";
import type { BucketSettings } from "../core/bucket-settings.ts";
import type { BucketName, Region } from "../core/object-address.ts";
import { storageClasses } from "../core/storage-classes.ts";
import type { ReadCdnKey } from "./cdn-key.ts";
import { cdnSchema } from "./cdn-schema.ts";

const named = ({ pattern, takes }: NameSyntax) => z.string(`takes ${takes}`).regex(pattern, `takes ${takes}`);

/** A Signature Version 4 covers the path, so a store cannot be below a path that a proxy removes. */
const origin = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    message: "takes an http or https URL such as https://s3.example.com",
    abort: true,
  })
  .refine((text) => new URL(text).origin === text.replace(/\/$/, ""), {
    message:
      "takes a scheme, a host and a port, without a path: a signature covers the path, and a proxy that changes it makes the signature invalid",
  })
  .transform((text) => new URL(text).origin);

const settings = (readKey: ReadCdnKey) =>
  z.strictObject({
    region: named(regionName).optional(),
    role: named(roleArn).optional(),
    externalId: named(externalId).optional(),
    profile: z.string().min(1).max(256).optional(),
    kmsKey: z.string().min(1).max(2048).optional(),
    owner: named(accountId).optional(),
    storageClass: z.enum(storageClasses).optional(),
    accelerate: z.boolean().optional(),
    dualStack: z.boolean().optional(),
    endpoint: origin.optional(),
    publicEndpoint: origin.optional(),
    stsEndpoint: origin.optional(),
    forcePathStyle: z.boolean().optional(),
    cdn: cdnSchema(readKey).optional(),
  });

type Given = z.infer<ReturnType<typeof settings>>;

/** One rule about settings that belong together: returns what is wrong with the property, or undefined. */
interface Rule {
  readonly property: keyof Given;
  readonly fault: (given: Given, bucket: string) => string | undefined;
}

const rules: readonly Rule[] = [
  ...(["externalId", "profile", "stsEndpoint"] as const).map((property) => ({
    property,
    fault: ({ role }: Given) =>
      role === undefined ? "has no effect without a role for this bucket" : undefined,
  })),
  {
    // Sessions of the default role belong to another store, which must not see their tokens.
    property: "endpoint",
    fault: ({ role }) => (role === undefined ? "needs a role of that store: add role" : undefined),
  },
  {
    // Only AWS has keys with ARNs. Other stores name their keys as they like.
    property: "kmsKey",
    fault: ({ kmsKey = "", endpoint }) =>
      endpoint !== undefined || kmsKeyArn.pattern.test(kmsKey) ? undefined : `takes ${kmsKeyArn.takes}`,
  },
  {
    property: "kmsKey",
    fault: ({ kmsKey = "", region }) => {
      const ofKey = kmsKeyArn.pattern.exec(kmsKey)?.[1];
      if (ofKey === undefined || ofKey === region) return undefined;
      return region === undefined
        ? `needs the bucket's region: add region: ${ofKey}`
        : `is in ${ofKey}, and the bucket in ${region}: S3 takes only keys of the bucket's region`;
    },
  },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
  {
    property: "accelerate",
    fault: ({ accelerate, endpoint, publicEndpoint }) =>
      accelerate && (endpoint ?? publicEndpoint) !== undefined
        ? "works only with AWS's own endpoints"
        : undefined,
  },
  {
    property: "accelerate",
    fault: ({ accelerate }, bucket) =>
      accelerate && bucket.includes(".") ? "does not work for bucket names with dots" : undefined,
  },
  {
    property: "accelerate",
    fault: ({ accelerate, forcePathStyle }) =>
      accelerate && forcePathStyle ? "does not work with forcePathStyle" : undefined,
  },
  {
    property: "dualStack",
    fault: ({ dualStack, endpoint }) =>
      dualStack && endpoint !== undefined ? "works only with AWS's own endpoints" : undefined,
  },
];

/** The mapping `buckets:` of the access file, and the settings that it becomes. */
export const bucketSettingsSchema = (bucketName: z.ZodType<BucketName, string>, readKey: ReadCdnKey) =>
  z
    .record(bucketName, settings(readKey))
    .transform((given, context): ReadonlyMap<BucketName, BucketSettings> => {
      const buckets = new Map<BucketName, BucketSettings>();
      for (const [name, each] of Object.entries(given) as [BucketName, Given][]) {
        for (const { property, fault } of rules) {
          if (each[property] === undefined) continue;
          const message = fault(each, name);
          if (message !== undefined) context.addIssue({ code: "custom", path: [name, property], message });
        }
        buckets.set(name, toSettings(each));
      }
      return buckets;
    });

function toSettings({ region, role, externalId, profile, stsEndpoint, ...others }: Given): BucketSettings {
  return {
    ...others,
    region: region as Region | undefined,
    role:
      role === undefined
        ? undefined
        : { arn: role, externalId, profile, stsEndpoint: stsEndpoint ?? others.endpoint },
  };
}
