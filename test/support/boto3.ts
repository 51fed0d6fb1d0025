import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** Debian's Python, which has Debian's boto3. Another one that comes first on PATH may not have it. */
const python = "/usr/bin/python3";
export const hasBoto3 = spawnSync(python, ["-c", "import boto3"]).status === 0;

export interface Boto3Settings {
  readonly region: string;
  /** Default: AWS's. */
  readonly endpoint?: string | null | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface PresignWithBoto3 {
  readonly operation: "get_object" | "head_object" | "put_object" | "upload_part" | "delete_object";
  readonly parameters: object;
  readonly expiresInSeconds: number;
  /** `20130524T000000Z`. Then X-Amz-Content-Sha256 is signed too. Default: now, and exactly as boto3 signs. */
  readonly signedAt?: string;
  /** Default: those of the settings. */
  readonly credentials?: Pick<Boto3Settings, "accessKeyId" | "secretAccessKey" | "sessionToken">;
}

/** An error that S3 returned to boto3. */
export class Boto3Failure extends Error {
  readonly code: string;
  readonly status: number;

  constructor({ code, status }: { readonly code: string; readonly status: number }) {
    super(`boto3 failed with ${code} (${status}).`);
    this.code = code;
    this.status = status;
  }
}

type Result = Record<string, unknown>;

/** One Python process for all calls, because Python takes half a second to load boto3. It starts with the first call. */
export class Boto3 implements AsyncDisposable {
  #process: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #lines: AsyncIterator<string> | undefined;
  #lastCall: Promise<unknown> = Promise.resolve();

  /** Methods of boto3's S3 client, called with these settings. Parameters and results are those of boto3. */
  s3(settings: Boto3Settings) {
    return (method: string, parameters: object = {}): Promise<Result> =>
      this.#call({ client: settings, method, parameters }) as Promise<Result>;
  }

  presign(settings: Boto3Settings, requests: readonly PresignWithBoto3[]): Promise<string[]> {
    return this.#call({ client: settings, method: "presign", parameters: { requests } }) as Promise<string[]>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const process = this.#process;
    process?.stdin.end();
    if (process?.exitCode === null) await once(process, "exit");
  }

  /** Calls run one after the other, in the order in which they were made. */
  async #call(call: object): Promise<unknown> {
    const response = this.#lastCall.then(() => this.#send(call));
    this.#lastCall = response;
    const { result, failure } = JSON.parse(await response);
    if (failure !== undefined) throw new Boto3Failure(failure);
    return result;
  }

  async #send(call: object): Promise<string> {
    this.#process ??= spawn(python, [join(import.meta.dirname, "call-boto3.py")], {
      env: { PATH: "/usr/bin:/bin", AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/dev/null" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines ??= createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.#process.stdin.write(`${JSON.stringify(call)}\n`);
    return (await this.#lines.next()).value;
  }
}

/** Bytes among the parameters and the results of boto3. */
export interface Boto3Bytes {
  readonly base64: string;
}

export function toBoto3(bytes: Uint8Array | string): Boto3Bytes {
  return { base64: Buffer.from(bytes).toString("base64") };
}

export function fromBoto3(value: unknown): Buffer {
  return Buffer.from((value as Boto3Bytes).base64, "base64");
}
