import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { cloudFrontKeyId } from "../core/aws-names.ts";
import type { CdnSettings } from "../core/bucket-settings.ts";
import { isLoopbackHost } from "../core/loopback.ts";
import { CdnKeyError, type ReadCdnKey } from "./cdn-key.ts";

const takesUrl =
  "takes the https URL of a CloudFront distribution such as https://d111111abcdef8.cloudfront.net";

const url = z
  .string(takesUrl)
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    message: takesUrl,
    abort: true,
  })
  .refine((text) => new URL(text).protocol === "https:" || isLoopbackHost(new URL(text).hostname), {
    message: `${takesUrl}; http is for loopback addresses only`,
    abort: true,
  })
  .refine((text) => new URL(text).href === `${new URL(text).origin}/`, {
    message: `${takesUrl}, without a path, a query or a user: object keys are the paths of the distribution`,
  })
  .transform((text) => new URL(text).origin);

const keyPairId = z
  .string(`takes ${cloudFrontKeyId.takes}`)
  .regex(cloudFrontKeyId.pattern, `takes ${cloudFrontKeyId.takes}`);

/** The mapping `cdn:` of a bucket. The private key is read while the file is parsed. */
export const cdnSchema = (readKey: ReadCdnKey) => {
  const privateKeyFile = z.string("takes the path of a PEM file").transform((path, context): KeyObject => {
    try {
      return readKey(path);
    } catch (error) {
      if (!(error instanceof CdnKeyError)) throw error;
      context.addIssue({ code: "custom", message: `${JSON.stringify(path)} ${error.message}` });
      return z.NEVER;
    }
  });
  return z
    .strictObject({ url, keyPairId, privateKeyFile })
    .transform(({ privateKeyFile: privateKey, ...others }): CdnSettings => ({ ...others, privateKey }));
};
