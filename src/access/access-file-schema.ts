import { z } from "zod";
import { parseByteSize } from "../core/byte-size.ts";
import { type BucketName, parseBucketName } from "../core/object-address.ts";
import { bucketSettingsSchema } from "./bucket-settings-schema.ts";
import type { ClaimValue, Who } from "./caller-match.ts";
import type { ReadCdnKey } from "./cdn-key.ts";
import { type Action, actions, type Grant, type GrantRule } from "./grants.ts";
import {
  assertPrefixText,
  hasClaims,
  type PrefixTemplate,
  PrefixTemplateError,
  parsePrefixTemplate,
} from "./prefix-template.ts";

const bucket = z.string().transform((text, context): BucketName => {
  try {
    return parseBucketName(text);
  } catch {
    context.addIssue("not the name of a general-purpose bucket");
    return z.NEVER;
  }
});

const prefix = z.string().transform((text, context): PrefixTemplate => {
  try {
    return parsePrefixTemplate(text);
  } catch (error) {
    if (!(error instanceof PrefixTemplateError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
});

const bytes = z.union([z.string(), z.number()]).transform((value, context) => {
  const parsed = parseByteSize(String(value));
  if (parsed !== undefined && parsed > 0) return parsed;
  context.addIssue("takes bytes, as an integer or like 64MiB");
  return z.NEVER;
});

// RFC 9110, section 5.6.2 (token)
const mediaType = /^(?:\*\/\*|[\w!#$%&'+.^`|~-]+\/(?:\*|[\w!#$%&'+.^`|~-]+))$/;
const contentType = z.string().regex(mediaType, "takes a media type without parameters, image/*, or */*");

const claimValue = z.union([z.string(), z.number(), z.boolean()], {
  error: "takes a text, a number, true or false",
});
const claimValues = z.union([claimValue, z.array(claimValue).min(1)], {
  error: "takes a value or a list of values",
});
const who = z
  .union([z.literal(["anonymous", "authenticated", "service"]), z.record(z.string(), claimValues)], {
    error: "takes anonymous, authenticated, service, or claims and their values such as {role: editor}",
  })
  .transform((value, context): Who => {
    if (typeof value === "string") return value;
    const claims = Object.entries(value).map(([name, values]): readonly [string, readonly ClaimValue[]] => [
      name,
      Array.isArray(values) ? values : [values],
    ]);
    // A mapping without claims would match every caller.
    if (claims.length === 0)
      context.addIssue("does not name a claim: use authenticated for every caller with a token");
    return new Map(claims);
  });

const allowed = {
  bucket,
  allow: z.array(z.enum(actions)).min(1),
  maxUploadBytes: bytes.optional(),
  contentTypes: z
    .array(contentType.transform((type) => type.toLowerCase()))
    .min(1)
    .optional(),
  maxExpiresSeconds: z.int().min(1).max(604_800).optional(),
  shareSessions: z.boolean({ error: "takes true or false" }).optional(),
};

/** The actions in a fixed order, without repetitions. */
function actionsOf(allow: readonly Action[]): readonly Action[] {
  return actions.filter((action) => allow.includes(action));
}

const rule = z
  .strictObject({ who, prefix: prefix.default([]), ...allowed })
  .transform(({ allow, ...rest }, context): GrantRule => {
    if ((rest.who === "anonymous" || rest.who === "service") && hasClaims(rest.prefix)) {
      context.addIssue({
        code: "custom",
        path: ["prefix"],
        message: rest.who === "service" ? "the service has no claims" : "an anonymous caller has no claims",
      });
    }
    if (rest.shareSessions && hasClaims(rest.prefix)) {
      context.addIssue({
        code: "custom",
        path: ["shareSessions"],
        message:
          "the prefix must not contain claims, because callers with different prefixes cannot share a session",
      });
    }
    return { ...rest, actions: actionsOf(allow) };
  });

const literalPrefix = z.string().superRefine((text, context) => {
  try {
    assertPrefixText(text);
  } catch (error) {
    if (!(error instanceof PrefixTemplateError)) throw error;
    context.addIssue(error.message);
  }
});

/** The grants of one caller, from code. They are checked like rules of the file, but their prefixes are literal. */
export const callerGrantsSchema = z.array(
  z
    .strictObject({ prefix: literalPrefix.default(""), ...allowed })
    .transform(({ allow, ...rest }): Grant => ({ ...rest, actions: actionsOf(allow) })),
);

/** The access file, and the settings of buckets and the rules that it becomes. */
export const accessFileSchema = (readKey: ReadCdnKey) =>
  z.strictObject({
    buckets: bucketSettingsSchema(bucket, readKey).default(new Map()),
    grants: z.array(rule),
  });
