import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { uploadFileMutation } from "./operations.ts";

export interface UploadLoadOptions {
  /** Of the proxy. */
  readonly url: string;
  readonly bucket: string;
  /** One uploader for each. */
  readonly tokens: readonly string[];
  readonly admin: S3Client;
}

/** A request that was not served: the status of its response, or the reason why there is none. */
export type FailedRequest = number | string;

const chunkBytes = 32 * 2 ** 10;
const pauseMs = 25;

/**
 * Uploaders that send one file after the other through the server. Half of them send slowly, so uploads are always in
 * flight.
 */
export class UploadLoad implements AsyncDisposable {
  readonly failures: FailedRequest[] = [];
  /** The SHA-256 of each file whose upload was reported as a success. */
  readonly #accepted = new Map<string, string>();
  readonly #options: UploadLoadOptions;
  readonly #uploaders: Promise<void>[];
  #isStopped = false;

  constructor(options: UploadLoadOptions) {
    this.#options = options;
    this.#uploaders = options.tokens.map((token, index) => this.#uploadUntilStopped(token, index % 2 === 0));
  }

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  /** Lets the uploads in flight end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#uploaders);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The keys of accepted files that the store does not have, or has with other bytes. */
  async lostFiles(): Promise<string[]> {
    const { admin, bucket } = this.#options;
    const lost: string[] = [];
    for (const [key, sha256] of this.#accepted) {
      const bytes = await admin
        .send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        .then(({ Body }) => Body?.transformToByteArray())
        .catch(() => undefined);
      if (bytes === undefined || sha256Of(bytes) !== sha256) lost.push(key);
    }
    return lost;
  }

  async #uploadUntilStopped(token: string, isSlow: boolean): Promise<void> {
    for (let count = 0; !this.#isStopped; count += 1) {
      const file = randomBytes(chunkBytes * (isSlow ? 12 : 2) + count);
      const key = `load/${sha256Of(Buffer.from(token)).slice(0, 16)}/${count}`;
      const failure = await this.#upload(token, key, file, isSlow);
      if (failure === undefined) this.#accepted.set(key, sha256Of(file));
      else this.failures.push(failure);
    }
  }

  async #upload(
    token: string,
    key: string,
    file: Buffer,
    isSlow: boolean,
  ): Promise<FailedRequest | undefined> {
    const { url, bucket } = this.#options;
    try {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "apollo-require-preflight": "1",
          "content-type": `multipart/form-data; boundary=${boundary}`,
        },
        body: ReadableStream.from(formOf({ bucket, key }, file, isSlow ? pauseMs : 0)),
        duplex: "half",
      } as RequestInit);
      const text = await response.text();
      if (response.status !== 200) return response.status;
      const { data, errors } = JSON.parse(text) as {
        data?: object;
        errors?: { extensions?: { code: string } }[];
      };
      return data && errors === undefined ? undefined : (errors?.[0]?.extensions?.code ?? "no data");
    } catch (error) {
      return String((error as Error).cause ?? error);
    }
  }
}

const boundary = "boundary-of-the-load";

async function* formOf(input: object, file: Buffer, pause: number): AsyncGenerator<Uint8Array> {
  const operations = JSON.stringify({ query: uploadFileMutation, variables: { file: null, input } });
  const field = (name: string, more = "") =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  yield Buffer.from(`${field("operations")}${operations}\r\n${field("map")}{"0":["variables.file"]}\r\n`);
  yield Buffer.from(field("0", '; filename="a"'));
  for (let from = 0; from < file.length; from += chunkBytes) {
    yield file.subarray(from, from + chunkBytes);
    if (pause > 0) await sleep(pause);
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
