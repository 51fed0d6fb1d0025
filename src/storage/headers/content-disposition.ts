import formatContentDisposition from "content-disposition";
import { badUserInput } from "../../core/errors.ts";
import { parseMediaType } from "./media-type.ts";

export type Disposition = "INLINE" | "ATTACHMENT";

const maxFilenameBytes = 1024;

/**
 * A Content-Disposition header, pure ASCII, that names the file as far as a file can be named so:
 * RFC 6266 with RFC 8187's encoding for all that is not ASCII. A file name alone means ATTACHMENT.
 * @returns undefined when neither is asked for
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function contentDisposition(
  disposition: Disposition | undefined,
  filename: string | undefined,
): string | undefined {
  if (disposition === undefined && filename === undefined) return undefined;
  const type = disposition === "INLINE" ? "inline" : "attachment";
  if (filename === undefined || filename === "") return type;
  if (!filename.isWellFormed()) throw badUserInput("filename", "A file name is well-formed Unicode.");
  if (Buffer.byteLength(filename) > maxFilenameBytes) {
    throw badUserInput("filename", "A file name has at most 1,024 bytes of UTF-8.");
  }
  const name = neutralise(filename);
  return formatContentDisposition(name, { type, fallback: asciiFallback(name) });
}

// What a name must not do where it is saved: end the header, leave the folder, or be shown in
// another order than it is written ("exe.txt" read as "txt.exe").
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const pathSeparators = /[/\\:]/g;
const dotsAtTheStart = /^[.\s]+/;

function neutralise(filename: string): string {
  const name = filename
    .replace(controls, "")
    .replace(pathSeparators, "_")
    .replaceAll('"', "'")
    .replace(dotsAtTheStart, "")
    .trim();
  return name === "" ? "download" : name;
}

/** For clients that do not know `filename*`. */
function asciiFallback(name: string): string {
  return name.replace(/[^ -~]|%/gu, "_");
}

/**
 * The content type that a download is to have instead of the stored one. Types that a browser runs
 * or renders as a document of the bucket's origin are for ATTACHMENT only, so that no one can turn a
 * stored file into script.
 * @returns the type as given
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseContentTypeOverride(contentType: string, disposition: Disposition | undefined): string {
  const mediaType = parseMediaType(contentType, "contentType");
  if (disposition !== "ATTACHMENT" && isActive(mediaType.essence)) {
    throw badUserInput("contentType", "A type that browsers may run is for the disposition ATTACHMENT only.");
  }
  return contentType;
}

const activeTypes = new Set([
  "text/html",
  "text/xsl",
  "text/cache-manifest",
  "application/wasm",
  "application/x-shockwave-flash",
  "application/importmap+json",
  "application/speculationrules+json",
  "message/rfc822",
  // Browsers look into the bytes of these and may find HTML: https://mimesniff.spec.whatwg.org/#mime-type-sniffing-algorithm
  "*/*",
  "unknown/unknown",
  "application/unknown",
]);

const activePatterns = [
  // JavaScript under all its names: https://mimesniff.spec.whatwg.org/#javascript-mime-type
  /script/,
  // XML, and with it SVG and XHTML: https://mimesniff.spec.whatwg.org/#xml-mime-type
  /[/+]xml(?:-|$)/,
  // x-mixed-replace and related carry documents.
  /^multipart\//,
];

/** @param essence type and subtype, in lower case */
function isActive(essence: string): boolean {
  return activeTypes.has(essence) || activePatterns.some((pattern) => pattern.test(essence));
}
