import { badUserInput } from "../../core/errors.ts";
import { tokenPattern } from "./header-value.ts";

export interface MediaType {
  /** Type and subtype, in lower case, without parameters: `text/html`. */
  readonly essence: string;
}

// https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1
const quotedString = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t\\x20-\\x7e])*"';
const mediaType = new RegExp(
  `^(${tokenPattern}/${tokenPattern})(?:[ \\t]*;[ \\t]*${tokenPattern}=(?:${tokenPattern}|${quotedString}))*$`,
);
const maxLength = 255;

/** @throws {ValetKeyError} BAD_USER_INPUT */
export function parseMediaType(value: string, field: string): MediaType {
  const essence = value.length <= maxLength ? mediaType.exec(value)?.[1] : undefined;
  if (essence === undefined)
    throw badUserInput(field, "Not a media type such as image/png or text/plain; charset=utf-8.");
  return { essence: essence.toLowerCase() };
}
