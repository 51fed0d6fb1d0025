import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface ScriptedS3 extends AsyncDisposable {
  readonly s3: S3Client;
  /** "HEAD /bucket/key" of each request, in order. */
  readonly requests: string[];
}

/** An S3 that answers as the script says: for what no store at hand answers, such as AWS's 403 to a HEAD. */
export async function scriptedS3(
  script: (request: IncomingMessage) => ScriptedAnswer | "reset" | "silence",
  maxAttempts = 1,
): Promise<ScriptedS3> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.replace(/\?.*/, "")}`);
    request.resume();
    const answer = script(request);
    if (answer === "silence") return;
    if (answer === "reset") request.socket.resetAndDestroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const s3 = new S3Client({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    forcePathStyle: true,
    maxAttempts,
    requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    s3,
    requests,
    [Symbol.asyncDispose]: async () => {
      s3.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** S3's error body. */
export function errorBody(code: string, message = "", more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>R</RequestId></Error>`;
}
