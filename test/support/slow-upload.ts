import { type ClientRequest, request } from "node:http";
import { text } from "node:stream/consumers";
import { uploadFileMutation } from "./operations.ts";

/** An uploadFile whose file is sent piece by piece, at whatever pace. */
export interface SlowUpload {
  /** Resolves when the connection takes more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the form as it should. */
  end(): void;
  /** Goes away. */
  destroy(): void;
  /** The body of the answer; "" when the connection ended without one. */
  readonly answer: Promise<string>;
}

/** Sends a multipart request up to its file's first byte. It does not say its length. */
export function beginSlowUpload(
  url: string,
  input: object,
  headers: Readonly<Record<string, string>> = {},
): SlowUpload {
  const boundary = "a-boundary";
  const operations = JSON.stringify({ query: uploadFileMutation, variables: { file: null, input } });
  const field = (name: string, more = "") =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const upload: ClientRequest = request(`${url}/graphql`, {
    method: "POST",
    agent: false,
    headers: {
      ...headers,
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "apollo-require-preflight": "true",
      "transfer-encoding": "chunked",
      ...headers,
    },
  });
  const answer = new Promise<string>((resolve) => {
    upload.on("response", (response) => text(response).then(resolve, () => resolve("")));
    upload.on("close", () => setImmediate(resolve, ""));
  });
  upload.on("error", () => {});
  upload.write(`${field("operations")}${operations}\r\n${field("map")}{"0":["variables.file"]}\r\n`);
  upload.write(field("0", '; filename="a.bin"'));
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        const done = () => {
          upload.off("drain", done).off("close", done);
          resolve();
        };
        if (upload.destroyed || upload.write(bytes)) resolve();
        else upload.on("drain", done).on("close", done);
      }),
    end: () => upload.end(`\r\n--${boundary}--\r\n`),
    destroy: () => upload.destroy(),
    answer,
  };
}
