import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Command, UsageError } from "./command.ts";
import { CredentialsError, fetchCredentials, type IssuedCredentials } from "./fetch-credentials.ts";

const usage = `valetkey credentials --url URL --bucket BUCKET --actions ACTIONS [--prefix PREFIX] [--region REGION]
                     [--duration-seconds SECONDS] [--token-file FILE]

  Prints temporary credentials as JSON, in the form that credential_process in ~/.aws/config expects.
  The AWS CLI and the AWS SDKs run it by themselves, and again before the credentials expire.

  --url URL                    the server's GraphQL endpoint: https://files.example.com/graphql
  --bucket BUCKET              the bucket
  --actions ACTIONS            a comma list of DOWNLOAD, UPLOAD, LIST and DELETE
  --prefix PREFIX              only keys that start with it (default: every key)
  --region REGION              the bucket's region (default: the server's)
  --duration-seconds SECONDS   how long the credentials are valid (default: 900)
  --token-file FILE            the file with the bearer token (default: the variable VALETKEY_TOKEN,
                               or else no token)
`;

const options = {
  url: { type: "string" },
  bucket: { type: "string" },
  actions: { type: "string" },
  prefix: { type: "string", default: "" },
  region: { type: "string" },
  "duration-seconds": { type: "string", default: "900" },
  "token-file": { type: "string" },
} as const;

export const credentials: Command = {
  usage,
  async run(args, environment) {
    const { values } = parseArgs({ args: [...args], options });
    const { url, bucket, actions, prefix, region } = values;
    if (url === undefined || bucket === undefined || actions === undefined) {
      throw new UsageError("--url, --bucket and --actions are needed.");
    }
    const query = {
      url: parseUrl(url),
      token: await readToken(values["token-file"], environment.VALETKEY_TOKEN),
      variables: {
        bucket,
        prefix,
        region,
        actions: actions.split(",").map((action) => action.trim().toUpperCase()),
        durationSeconds: parseSeconds(values["duration-seconds"]),
      },
    };
    try {
      console.log(JSON.stringify(toProcessOutput(await fetchCredentials(query))));
      return 0;
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
  },
};

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
function toProcessOutput({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiresAt,
}: IssuedCredentials): object {
  return {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiresAt,
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new UsageError(
    `--url takes the server's endpoint such as https://files.example.com/graphql, not ${JSON.stringify(text)}.`,
  );
}

function parseSeconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(
    `--duration-seconds takes a number of seconds such as 900, not ${JSON.stringify(text)}.`,
  );
}

/** Error messages never contain the token. */
async function readToken(
  file: string | undefined,
  variable: string | undefined,
): Promise<string | undefined> {
  const read = async (path: string) => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(`--token-file: ${JSON.stringify(path)} cannot be read (${code}).`);
    }
  };
  const token = (file === undefined ? variable : await read(file))?.trim();
  if (token === undefined || token === "") {
    if (file !== undefined) throw new UsageError("--token-file: the file is empty.");
    return undefined;
  }
  // RFC 6750, section 2.1
  if (!/^[\w\-.~+/]+=*$/.test(token))
    throw new UsageError("The token has characters that a bearer token cannot have.");
  return token;
}
