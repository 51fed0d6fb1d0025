import type { IncomingMessage } from "node:http";

/** A page of 1,000 keys takes at most 5 MiB: every byte of its keys is percent-encoded. */
const maxBodyBytes = 8 * 1024 * 1024;

/** Reads a response to its end. Rejects if the connection fails, or if there is more than 8 MiB. */
export function readBody(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBodyBytes) response.destroy(tooLarge(response));
    });
    response.on("end", () => resolve(Buffer.concat(chunks, bytes)));
    response.on("error", reject);
  });
}

/** An error in the form of the SDK's, so that it means that S3 does not work. */
function tooLarge({ statusCode = 0 }: IncomingMessage): Error {
  const $metadata = { httpStatusCode: statusCode };
  return Object.assign(new Error("S3's response is too large."), { $metadata });
}
