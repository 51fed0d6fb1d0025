const maxBytes = 256 * 1024;

/**
 * The JSON of a response of an issuer.
 * @param what names the response in error messages
 * @throws {Error} unless the response has the status 200, and JSON of at most 256 KiB
 */
export async function readJson(response: Response, what: string): Promise<unknown> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`The issuer's ${what} has the status ${response.status}. Redirects are not followed.`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`The issuer's ${what} has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    // The parser's message contains a part of the text.
    throw new Error(`The issuer's ${what} is not JSON.`);
  }
}
