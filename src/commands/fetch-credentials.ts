export interface CredentialsQuery {
  /** The server's GraphQL endpoint. */
  readonly url: URL;
  readonly token: string | undefined;
  /** The arguments of `requestCredentials`. */
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: string;
}

/** The server could not be reached, or it refused the request. The message is for the user. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

interface ResponseBody {
  readonly data?: { readonly requestCredentials: IssuedCredentials } | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

const timeoutMs = 30_000;
const query = `mutation ($bucket: String!, $prefix: String, $region: String, $actions: [Action!]!, $durationSeconds: Int) {
  requestCredentials(
    bucket: $bucket, prefix: $prefix, region: $region, actions: $actions, durationSeconds: $durationSeconds
  ) { accessKeyId secretAccessKey sessionToken expiresAt }
}`;

/** @throws {CredentialsError} */
export async function fetchCredentials({
  url,
  token,
  variables,
}: CredentialsQuery): Promise<IssuedCredentials> {
  const { status, body } = await post(url, token, JSON.stringify({ query, variables }));
  const error = body?.errors?.[0];
  if (error !== undefined) {
    throw new CredentialsError(
      `The server refused: ${error.message} (${error.extensions?.code ?? `HTTP ${status}`})`,
    );
  }
  const issued = body?.data?.requestCredentials;
  if (issued !== undefined) return issued;
  throw new CredentialsError(
    `The response of ${url.origin} (HTTP ${status}) is not that of a Valet Key server.`,
  );
}

async function post(
  url: URL,
  token: string | undefined,
  json: string,
): Promise<{ status: number; body: ResponseBody | undefined }> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: json,
      // The token is for this server only.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return { status: response.status, body: parseJson(text) };
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message !== "" ? cause.message : message;
    throw new CredentialsError(`${url.origin} cannot be reached: ${reason}`);
  }
}

function parseJson(text: string): ResponseBody | undefined {
  try {
    return JSON.parse(text) as ResponseBody;
  } catch {
    return undefined;
  }
}
