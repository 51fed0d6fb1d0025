import { maxKeyBytes } from "../core/object-address.ts";
import type { Principal } from "../core/principal.ts";
import { claimOf } from "./claims.ts";

/** `users/{sub}/`, split into literal text and claims. */
export type PrefixTemplate = readonly (string | { readonly claim: string })[];

/** An invalid template. `message` explains it to the author of the access file. */
export class PrefixTemplateError extends Error {
  override readonly name = "PrefixTemplateError";
}

/**
 * Checks the text of a prefix, with or without claims.
 * @throws {PrefixTemplateError}
 */
export function assertPrefixText(text: string): void {
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) {
    throw new PrefixTemplateError("a prefix is well-formed Unicode without control characters");
  }
  if (Buffer.byteLength(text, "utf8") > maxKeyBytes) {
    throw new PrefixTemplateError("a prefix has at most 1,024 bytes of UTF-8");
  }
  // No key has such a segment, so nothing would ever match.
  if (/(?:^|\/)\.{1,2}\//.test(text)) {
    throw new PrefixTemplateError('a prefix has no "." or ".." as a segment: no key has');
  }
}

/** @throws {PrefixTemplateError} */
export function parsePrefixTemplate(text: string): PrefixTemplate {
  assertPrefixText(text);
  // The pieces with odd indexes were between braces.
  const pieces = text.split(/\{([^{}]*)\}/);
  return pieces.flatMap((piece, index): PrefixTemplate => {
    if (index % 2 === 1) {
      if (piece === "" || piece.trim() !== piece) {
        throw new PrefixTemplateError("braces hold the name of a claim, such as {sub}");
      }
      return [{ claim: piece }];
    }
    if (/[{}]/.test(piece)) {
      throw new PrefixTemplateError(
        "a brace without its pair: braces enclose the name of a claim, such as {sub}",
      );
    }
    return piece === "" ? [] : [piece];
  });
}

export function hasClaims(template: PrefixTemplate): boolean {
  return template.some((piece) => typeof piece !== "string");
}

/**
 * The prefix for one caller.
 * @returns undefined when a claim is missing or is not safe to put into a key
 */
export function fillPrefix(template: PrefixTemplate, principal: Principal): string | undefined {
  let prefix = "";
  for (const piece of template) {
    const text = typeof piece === "string" ? piece : segmentOf(piece.claim, principal);
    if (text === undefined) return undefined;
    prefix += text;
  }
  return Buffer.byteLength(prefix, "utf8") <= maxKeyBytes ? prefix : undefined;
}

// OpenID Connect Core 1.0, section 2: a `sub` has at most 255 ASCII characters.
const maxSegmentBytes = 255;
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

function segmentOf(claim: string, principal: Principal): string | undefined {
  if (!principal.authenticated) return undefined;
  const value = claimOf(principal, claim);
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string" || text === "" || text === "." || text === "..") return undefined;
  // The length is checked first, because the text may be megabytes long.
  if (text.length > maxSegmentBytes || Buffer.byteLength(text, "utf8") > maxSegmentBytes) return undefined;
  return text.includes("/") || unprintable.test(text) ? undefined : text;
}
