import { StoreError } from "../core/store-error.ts";

export const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The body of an error response of STS. */
export function stsErrorXml(error: StoreError, requestId: string): string {
  return [
    `<ErrorResponse xmlns="${stsNamespace}">`,
    "<Error>",
    `<Type>${error.status < 500 ? "Sender" : "Receiver"}</Type>`,
    xmlElement("Code", error.code),
    xmlElement("Message", error.message),
    "</Error>",
    xmlElement("RequestId", requestId),
    "</ErrorResponse>",
  ].join("");
}

/** One element that contains text. Characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets) become U+FFFD. */
export function xmlElement(name: string, text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<${name}>${escaped}</${name}>`;
}

export function validationError(message: string): StoreError {
  return new StoreError(400, "ValidationError", message);
}
