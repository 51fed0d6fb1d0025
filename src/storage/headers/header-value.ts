import { badUserInput } from "../../core/errors.ts";

/** The source of a regular expression for a token. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
export const tokenPattern = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const printableAscii = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const maxHeaderValueLength = 1024;

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseHeaderValue(value: string, field: string): string {
  if (value.length > maxHeaderValueLength || !printableAscii.test(value)) {
    throw badUserInput(
      field,
      "A header value has 1 to 1,024 printable ASCII characters and no space at either end.",
    );
  }
  return value;
}

// https://www.rfc-editor.org/rfc/rfc6266#section-4.1
const dispositionShape = new RegExp(`^${tokenPattern}(?: *;|$)`);

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseDispositionHeader(value: string, field: string): string {
  if (!dispositionShape.test(parseHeaderValue(value, field))) {
    throw badUserInput(
      field,
      "This is not a Content-Disposition. An example of one is: attachment; filename*=UTF-8''na%C3%AFve.txt",
    );
  }
  return value;
}

// https://www.rfc-editor.org/rfc/rfc9110#section-8.4
const encodingShape = new RegExp(`^${tokenPattern}(?: *, *${tokenPattern})*$`);

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseContentEncoding(value: string, field: string): string {
  if (!encodingShape.test(parseHeaderValue(value, field))) {
    throw badUserInput(field, "This is not a Content-Encoding such as gzip.");
  }
  // S3 would decode the file as its own chunked transfer format instead of storing the bytes as they are.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  if (/\baws-chunked\b/i.test(value)) {
    throw badUserInput(field, "aws-chunked describes how bytes are transferred, not how a file is encoded.");
  }
  return value;
}
