import { isUtf8 } from "node:buffer";

// S3 decodes metadata headers by RFC 2047 when it stores them and encodes them that way in its responses:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata Other stores keep the encoded
// form. Either way, decoding returns the original text.

const printableAscii = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;
// https://www.rfc-editor.org/rfc/rfc2047#section-2: an encoded word has at most 75 characters.
const maxBytesOfWord = Math.floor((75 - "=?UTF-8?B??=".length) / 4) * 3;

/** Encodes text as a header value: unchanged if it is plain ASCII, otherwise as encoded words of RFC 2047. */
export function encodeMetadataValue(text: string): string {
  if (text === "" || (printableAscii.test(text) && !text.includes("=?"))) return text;
  return splitByBytes(text, maxBytesOfWord)
    .map((chunk) => `=?UTF-8?B?${Buffer.from(chunk).toString("base64")}?=`)
    .join(" ");
}

/** Splits between characters, because each encoded word has to contain whole characters. */
function splitByBytes(text: string, maxBytes: number): string[] {
  const chunks: string[] = [];
  let chunk = "";
  let bytes = 0;
  for (const character of text) {
    const characterBytes = Buffer.byteLength(character);
    if (bytes + characterBytes > maxBytes) {
      chunks.push(chunk);
      chunk = "";
      bytes = 0;
    }
    chunk += character;
    bytes += characterBytes;
  }
  chunks.push(chunk);
  return chunks;
}

// https://www.rfc-editor.org/rfc/rfc2047#section-2
const encodedWord = /=\?([^?\s]+)\?([BbQq])\?([^?\s]+)\?=/g;

/** The text of a metadata header as S3 returned it. Text that is not encoded, or encoded wrongly, is returned unchanged. */
export function decodeMetadataValue(header: string): string {
  const source = latin1AsUtf8(header);
  let text = "";
  let end = 0;
  let followsWord = false;
  for (const { 0: word, 1: charset = "", 2: encoding = "", 3: encoded = "", index } of source.matchAll(
    encodedWord,
  )) {
    const decoded = decodeWord(charset, encoding, encoded);
    const between = source.slice(end, index);
    // Space between two encoded words is not part of the text.
    const isFolded = followsWord && decoded !== undefined && between.trim() === "";
    text += `${isFolded ? "" : between}${decoded ?? word}`;
    end = index + word.length;
    followsWord = decoded !== undefined;
  }
  return text + source.slice(end);
}

function decodeWord(charset: string, encoding: string, encoded: string): string | undefined {
  const bytes = encoding.toUpperCase() === "B" ? decodeB(encoded) : decodeQ(encoded);
  return bytes && decodeCharset(charset, bytes);
}

/** Node decodes header bytes as Latin-1, but stores that send raw bytes mean UTF-8. */
function latin1AsUtf8(header: string): string {
  if (!/[\x80-\xff]/.test(header) || /[\u0100-\uffff]/.test(header)) return header;
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : header;
}

/** Decodes strictly, because Buffer.from ignores characters that are not base64. */
function decodeB(encoded: string): Buffer | undefined {
  const bytes = Buffer.from(encoded, "base64");
  return bytes.toString("base64") === encoded ? bytes : undefined;
}

/** https://www.rfc-editor.org/rfc/rfc2047#section-4.2 */
function decodeQ(encoded: string): Buffer | undefined {
  if (/=(?![0-9A-Fa-f]{2})/.test(encoded)) return undefined;
  const latin1 = encoded
    .replaceAll("_", " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, "latin1");
}

function decodeCharset(charset: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(charset.split("*")[0], { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
