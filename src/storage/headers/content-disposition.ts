import formatContentDisposition from "content-disposition";
import { badUserInput } from "../../core/errors.ts";
import { parseMediaType } from "./media-type.ts";

export type Disposition = "INLINE" | "ATTACHMENT";

const maxFilenameBytes = 1024;

/**
 * A Content-Disposition header (RFC 6266) with the name of the file. It is pure ASCII; other characters are encoded
 * (RFC 8187) or, where that is not safe, replaced. A file name alone means ATTACHMENT.
 * @returns undefined if neither is given
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
  const name = neutralize(filename);
  return formatContentDisposition(name, { type, fallback: asciiFallback(name) });
}

// Characters that could end the header, leave the folder, or change the order in which the name is shown ("exe.txt"
// read as "txt.exe").
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;
const pathSeparators = /[/\\:]/g;
const dotsAtTheStart = /^[.\s]+/;

function neutralize(filename: string): string {
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
 * Parses the content type that a download has instead of the stored one. Types that a browser runs, or renders as a
 * document of the bucket's origin, require ATTACHMENT, so that a stored file cannot be turned into a script.
 * @returns the type as given
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function parseContentTypeOverride(contentType: string, disposition: Disposition | undefined): string {
  const mediaType = parseMediaType(contentType, "contentType");
  if (disposition !== "ATTACHMENT" && isActive(mediaType.essence)) {
    throw badUserInput(
      "contentType",
      "Browsers may run scripts in this type, so it requires the disposition ATTACHMENT.",
    );
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
  // Browsers inspect the bytes of these types and may find HTML:
  // https://mimesniff.spec.whatwg.org/#mime-type-sniffing-algorithm
  "*/*",
  "unknown/unknown",
  "application/unknown",
]);

const activePatterns = [
  // The names of JavaScript: https://mimesniff.spec.whatwg.org/#javascript-mime-type
  /script/,
  // XML, including SVG and XHTML: https://mimesniff.spec.whatwg.org/#xml-mime-type
  /[/+]xml(?:-|$)/,
  // These types can contain documents.
  /^multipart\//,
];

/** @param essence type and subtype, in lower case */
function isActive(essence: string): boolean {
  return activeTypes.has(essence) || activePatterns.some((pattern) => pattern.test(essence));
}
