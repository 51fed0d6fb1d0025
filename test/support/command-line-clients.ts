import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { AccessKey } from "./store-description.ts";

export type Credentials = AccessKey & { readonly sessionToken?: string };

/** Runs a program, and returns what it printed. Rejects if it fails. */
export type Run = (...words: string[]) => Promise<string>;

export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** The working directory, and the home of the user. */
  readonly folder: string;
}

/** A client of S3 on the command line that may be installed. */
export interface CommandLineClient {
  readonly name: string;
  readonly isInstalled: boolean;
  /** The name of Debian's package. */
  readonly packageName: string;
  /** The command that stores a file. */
  readonly put: string;
  with(settings: ClientSettings): Run;
}

/** Debian's, because others that come first on PATH may be broken. */
const aws = "/usr/bin/aws";
const s3cmd = "/usr/bin/s3cmd";

export const commandLineClients: readonly CommandLineClient[] = [
  { name: "the AWS CLI", isInstalled: existsSync(aws), packageName: "awscli", put: "cp", with: awsWith },
  { name: "s3cmd", isInstalled: existsSync(s3cmd), packageName: "s3cmd", put: "put", with: s3cmdWith },
];

function awsWith({ endpoint, region, credentials, folder }: ClientSettings): Run {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return (...words) =>
    execute(folder, aws, ["--endpoint-url", endpoint, "s3", ...words], {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
    });
}

function s3cmdWith({ endpoint, region, credentials, folder }: ClientSettings): Run {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const { host } = new URL(endpoint);
  const settings = [
    ["--config", "/dev/null"],
    ["--access_key", accessKeyId, "--secret_key", secretAccessKey],
    sessionToken === undefined ? [] : ["--access_token", sessionToken],
    ["--host", host, "--host-bucket", host, "--region", region],
    ["--no-ssl", "--no-progress", "--multipart-chunk-size-mb", "5"],
  ];
  return (...words) => execute(folder, s3cmd, [...settings.flat(), ...words]);
}

/** curl with options that suit every test. */
export function curlIn(folder: string): Run {
  return (...words) => execute(folder, "curl", ["--silent", "--show-error", "--globoff", ...words]);
}

/** Options of curl with which it signs a request. */
export function signWithCurl({ region, credentials }: Omit<ClientSettings, "folder" | "endpoint">): string[] {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return [
    // S3 demands this header, which older versions of curl do not add by themselves.
    ...["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"],
    ...["--aws-sigv4", `aws:amz:${region}:s3`, "--user", `${accessKeyId}:${secretAccessKey}`],
    ...(sessionToken === undefined ? [] : ["--header", `x-amz-security-token: ${sessionToken}`]),
  ];
}

async function execute(
  folder: string,
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, words, {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", HOME: folder, LC_ALL: "C.UTF-8", ...env },
  });
  return stdout;
}
