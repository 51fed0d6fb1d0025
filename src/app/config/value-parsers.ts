import { availableParallelism } from "node:os";
import { z } from "zod";
import type { NameSyntax } from "../../core/aws-names.ts";
import { parseByteSize } from "../../core/byte-size.ts";
import { parseRedisUrl } from "../../redis/redis-url.ts";

/** Each of these parsers accepts the text of a variable. Its errors say which values the variable accepts. */

export const integer = (minimum: number, maximum: number) =>
  z.string().transform((text, context) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    context.addIssue(`takes an integer from ${minimum} to ${maximum}`);
    return z.NEVER;
  });

export const port = integer(0, 65_535);

export const bytes = (minimum: number, maximum: number) =>
  z.string().transform((text, context) => {
    const value = parseByteSize(text);
    if (value !== undefined && value >= minimum && value <= maximum) return value;
    context.addIssue(`takes a size from ${minimum} to ${maximum} bytes, as an integer or like 64MiB`);
    return z.NEVER;
  });

export const choice = <Value>(values: Record<string, Value>) =>
  z.string().transform((text, context) => {
    const value = Object.hasOwn(values, text) ? values[text] : undefined;
    if (value !== undefined) return value;
    context.addIssue(`takes ${Object.keys(values).join(" or ")}`);
    return z.NEVER;
  });

export const workerCount = (maximum: number) =>
  z.string().transform((text, context) => {
    if (text === "auto") return Math.min(availableParallelism(), maximum);
    const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 1 && value <= maximum) return value;
    context.addIssue(`takes an integer from 1 to ${maximum}, or auto for one per core`);
    return z.NEVER;
  });

export const onOff = choice({ on: true, off: false });

export const named = ({ pattern, takes }: NameSyntax) => z.string().regex(pattern, `takes ${takes}`);

export const list = <Item>(item: z.ZodType<Item, string>) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(item).min(1));

export const listed = z.string().min(1, "takes a list, separated by commas, without empty items");

export const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  message: "takes exact origins such as https://app.example.com, without a path and without *",
});

export const httpUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  // fetch refuses a URL with a password, and its error message contains the whole URL.
  if (isHttp && url.username === "" && url.password === "") return url;
  context.addIssue("takes an http or https URL without user and password");
  return z.NEVER;
});

export const redisUrl = z.string().transform((text, context) => {
  const address = parseRedisUrl(text);
  if (address !== undefined) return address;
  context.addIssue(
    "takes redis://user:password@host:6379/0, redis+sentinel://h1:26379,h2:26379/0?master=name or redis+cluster://h1:6379,h2:6379, with rediss instead of redis for TLS; user and password are percent-encoded",
  );
  return z.NEVER;
});

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

export const rateLimit = z.string().transform((text, context) => {
  const match = /^([1-9]\d{0,8})\/([1-9]\d{0,5})(ms|s|m|h)$/.exec(text);
  if (match === null) {
    context.addIssue("takes REQUESTS/WINDOW such as 100/1s or 5000/10m");
    return z.NEVER;
  }
  return {
    requests: Number(match[1]),
    windowMs: Number(match[2]) * unitMs[match[3] as keyof typeof unitMs],
  };
});

/** A misspelt "production" would start an open server. */
export const environmentName = z
  .string()
  .refine(
    (text) => text === "production" || text.trim().toLowerCase() !== "production",
    "takes production in exactly this spelling, or another name for anything else",
  );
