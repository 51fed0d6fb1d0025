import type { GraphQLClient } from "./graphql-client.ts";
import { type MultipartUpload, requestUpload, type UploadInput } from "./operations.ts";
import { sendPut } from "./presigned-requests.ts";

const MiB = 2 ** 20;
/** Two parts: one of about 16 MiB, and some bytes. */
export const twoPartsBytes = 16 * MiB + 7;

/** Begins an upload of two parts, both of them signed in the answer. */
export function beginUpload(client: GraphQLClient, input: UploadInput): Promise<MultipartUpload> {
  return requestUpload(client, "MULTIPART", { input, size: twoPartsBytes, firstParts: 2 });
}

/** Sends one part, filled with one byte. Returns its ETag. */
export async function sendPart(upload: MultipartUpload, number: number, fill = 0): Promise<string> {
  const part = upload.parts.find((each) => each.number === number);
  if (part === undefined) throw new Error(`Part ${number} was not signed.`);
  const response = await sendPut(part, Buffer.alloc(part.size, fill));
  if (response.status !== 200) throw new Error(await response.text());
  return response.headers.get("etag") ?? "";
}

/** The same id with one character changed. */
export function forged(id: string): string {
  const at = Math.floor(id.length / 2);
  return `${id.slice(0, at)}${id[at] === "A" ? "B" : "A"}${id.slice(at + 1)}`;
}

/** Texts that are not ids of uploads, each with a description. */
export const malformedIds: readonly (readonly [what: string, id: string])[] = [
  ["an empty text", ""],
  ["a letter", "x"],
  ["a word with an exclamation mark", "garbage!"],
  ["two letters of base64", "AQ"],
  ["10,000 letters", "a".repeat(10_000)],
  ["NUL", "\u0000"],
  ["a path", "../upload"],
  ["a number", "1"],
];
