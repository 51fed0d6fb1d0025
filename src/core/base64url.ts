const shape = /^[A-Za-z0-9_-]*$/;

/**
 * Decodes base64url without padding.
 * @returns undefined for a text that is too long, has other characters, or is not the shortest spelling of its bytes
 */
export function decodeBase64Url(text: string, maxCharacters: number): Buffer | undefined {
  if (text.length > maxCharacters || !shape.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
