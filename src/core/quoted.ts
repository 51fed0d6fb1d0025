const maxCharacters = 256;

/** Text from a client, as an error message quotes it: in quotation marks, without control characters, not too long. */
export function quoted(text: string): string {
  if (text.length <= maxCharacters) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, maxCharacters))} …`;
}
