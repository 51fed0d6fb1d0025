import type { Logger } from "pino";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type BucketSettings, Buckets } from "../core/bucket-settings.ts";
import type { BucketName } from "../core/object-address.ts";
import { readRegularFile, UnreadableFileError } from "../core/read-regular-file.ts";
import { accessFileSchema } from "./access-file-schema.ts";
import { type ReadCdnKey, readCdnKey } from "./cdn-key.ts";
import { findOversizedRule } from "./find-oversized-rule.ts";
import type { GrantRule, Grants } from "./grants.ts";
import type { Partition } from "./session-policy.ts";
import { sharedCdnWarnings } from "./shared-cdn-warning.ts";
import { sharedClaimWarning } from "./shared-claim-warning.ts";
import { unshareableGrants } from "./unshareable-grants.ts";
import { unusableCredentialsWarning } from "./unusable-credentials-warning.ts";

export interface AccessFile {
  readonly rules: readonly GrantRule[];
  readonly buckets: ReadonlyMap<BucketName, BucketSettings>;
  /** Rules that are valid but probably not intended. */
  readonly warnings: readonly string[];
}

/** An access file that cannot be used. `message` has a line `name:line:column: fault` for each fault. */
export class AccessFileError extends Error {
  override readonly name = "AccessFileError";
}

export interface AccessFileOptions {
  /** Warns about rules that do not tell callers of different issuers apart. */
  readonly severalIssuers?: boolean | undefined;
  /**
   * The setting that would name the role of buckets without one. It is given only if there is no such role: then a file
   * that grants a bucket without a role is refused.
   */
  readonly missingRole?: string | undefined;
  /** The partition of the default role. Default: `aws`. */
  readonly defaultPartition?: Partition | undefined;
  /** The setting that sends the caller's identity with AssumeRole, if one does. Rules cannot share sessions then. */
  readonly namesCallers?: string | undefined;
  /** Reads the private keys that the file names. Default: from their files. */
  readonly readKey?: ReadCdnKey | undefined;
}

const maxFileCharacters = 2 ** 20;

/**
 * Parses YAML, of which JSON is a part.
 * @param name the name of the file in error messages
 * @throws {AccessFileError}
 */
export function parseAccessFile(text: string, name: string, options: AccessFileOptions = {}): AccessFile {
  if (text.length > maxFileCharacters) throw tooLarge(name);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}: ${message}`;
  };
  const refuse = (faults: readonly string[]) => new AccessFileError(faults.join("\n"));
  if (document.errors.length > 0) {
    throw refuse(document.errors.map(({ pos, message }) => fault(pos[0], message)));
  }
  const parsed = accessFileSchema(options.readKey ?? readCdnKey).safeParse(
    plainValueOf(document, () => refuse([fault(0, "too many aliases")])),
  );
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) => placesOf(document, issue));
    throw refuse(faults.map(({ offset, message }) => fault(offset, message)));
  }
  const rules: readonly GrantRule[] = parsed.data.grants;
  const buckets = new Buckets(parsed.data.buckets);
  const withoutRole = rules.flatMap(({ bucket }, index) => {
    if (options.missingRole === undefined || buckets.of(bucket).role !== undefined) return [];
    const message = `grants.${index}.bucket: ${JSON.stringify(bucket)} has no role: add role to this bucket in buckets, or set ${options.missingRole}`;
    return [fault(offsetAt(document, ["grants", index, "bucket"]), message)];
  });
  if (withoutRole.length > 0) throw refuse(withoutRole);
  const unshareable = unshareableGrants(rules, options.namesCallers, ["grants"]);
  if (unshareable.length > 0) {
    throw refuse(unshareable.map(({ path, message }) => fault(offsetAt(document, path), message)));
  }
  const oversize = findOversizedRule(rules, buckets, options.defaultPartition);
  if (oversize !== undefined) {
    throw refuse([fault(offsetAt(document, ["grants", oversize.index]), oversize.message)]);
  }
  const warnings = rules.flatMap(({ prefix }, index) => {
    const last = prefix.at(-1);
    if (last === undefined || typeof last === "string") return [];
    const message = `ends in a claim: without a slash after {${last.claim}}, bob may use what belongs to bobby`;
    return [fault(offsetAt(document, ["grants", index, "prefix"]), message)];
  });
  if (options.severalIssuers) {
    warnings.push(
      ...rules.flatMap((rule, index) => {
        const message = sharedClaimWarning(rule);
        return message === undefined ? [] : [fault(offsetAt(document, ["grants", index]), message)];
      }),
    );
  }
  for (const [index, rule] of rules.entries()) {
    const message = unusableCredentialsWarning(rule);
    const path = ["grants", index, "allow"];
    if (message !== undefined) warnings.push(fault(offsetAt(document, path), message));
  }
  for (const { bucket, message } of sharedCdnWarnings(buckets.all())) {
    const path = ["buckets", bucket, "cdn", "url"];
    warnings.push(fault(offsetAt(document, path), `${path.join(".")}: ${message}`));
  }
  return { rules, buckets: buckets.all(), warnings };
}

/** @throws {AccessFileError} also when there is no such file */
export async function readAccessFile(path: string, options?: AccessFileOptions): Promise<AccessFile> {
  return parseAccessFile(await readAccessText(path), path, options);
}

/** @throws {AccessFileError} when there is no such file, or when it is too large */
export async function readAccessText(path: string): Promise<string> {
  try {
    // A character has at most four bytes.
    const text = await readRegularFile(path, maxFileCharacters * 4);
    if (text === undefined) throw tooLarge(path);
    return text;
  } catch (cause) {
    if (!(cause instanceof UnreadableFileError)) throw cause;
    throw new AccessFileError(
      `${path}: cannot be read (${cause.message}); takes a file of YAML or JSON that this process may read`,
      { cause },
    );
  }
}

function tooLarge(name: string): AccessFileError {
  return new AccessFileError(`${name}:1:1: more than 1 MiB`);
}

/** What the access file decides: who may do what, and how each bucket is reached. */
export interface Access {
  readonly grants: Grants;
  readonly buckets: Buckets;
}

/**
 * Applies the file. A file with errors is logged and changes nothing.
 * @returns whether the rules and settings were replaced
 */
export function reloadAccessFile(
  path: string,
  access: Access,
  log: Pick<Logger, "info" | "warn" | "error">,
  options?: AccessFileOptions,
): Promise<boolean> {
  return replaceAccess(() => readAccessFile(path, options), access, log);
}

/** Applies what `read` returns. If it throws, the error is logged and nothing changes. */
export async function replaceAccess(
  read: () => AccessFile | Promise<AccessFile>,
  { grants, buckets }: Access,
  log: Pick<Logger, "info" | "warn" | "error">,
): Promise<boolean> {
  try {
    const { rules, buckets: settings, warnings } = await read();
    buckets.replace(settings);
    grants.replace(rules);
    for (const warning of warnings) log.warn(warning);
    log.info({ rules: rules.length }, "the access file was read again");
    return true;
  } catch (error) {
    log.error({ err: error }, "the access file has faults: the current grants stay in force");
    return false;
  }
}

function plainValueOf(document: Document.Parsed, refuse: () => AccessFileError): unknown {
  try {
    // With many aliases, a file of 1 KB could expand to gigabytes.
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw Object.assign(refuse(), { cause });
  }
}

interface Place {
  readonly offset: number;
  readonly message: string;
}

function placesOf(document: Document.Parsed, issue: z.core.$ZodIssue): readonly Place[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      offset: offsetOfKey(document, issue.path, key),
      message: `${JSON.stringify(key)} is not a property here`,
    }));
  }
  const where = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return [{ offset: offsetAt(document, issue.path), message: `${where}${issue.message}` }];
}

/** The offset of the value at `path`, or of the nearest value around it. */
function offsetAt(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: readonly number[] | null } | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}

function offsetOfKey(document: Document.Parsed, path: readonly PropertyKey[], key: string): number {
  const map = document.getIn(path, true);
  const pair = isMap(map)
    ? map.items.find(({ key: node }) => isScalar(node) && node.value === key)
    : undefined;
  return (isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? offsetAt(document, path);
}
