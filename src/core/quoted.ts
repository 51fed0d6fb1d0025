const maxCharacters = 256;

/** Quotes text from a client in an error message: in quotation marks, without control characters, and shortened. */
export function quoted(text: string): string {
  if (text.length <= maxCharacters) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, maxCharacters))} …`;
}
