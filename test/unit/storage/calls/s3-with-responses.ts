import { Readable } from "node:stream";
import { type HeadObjectCommand, type ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { type HttpRequest, HttpResponse } from "@smithy/core/protocols";
import type { BucketSettings } from "../../../../src/core/bucket-settings.ts";
import { createMetrics } from "../../../../src/core/metrics.ts";
import { sendDirectly } from "../../../../src/storage/calls/direct-calls.ts";
import { describeFailure } from "../../../../src/storage/client/s3-failure.ts";
import { toStorageError } from "../../../../src/storage/client/to-storage-error.ts";
import { SigningKeys } from "../../../../src/storage/signing/signing-key.ts";
import { eu } from "../arbitraries.ts";

export interface ScriptedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface S3WithResponses {
  readonly s3: S3Client;
  /** What the client has sent, in order. */
  readonly requests: HttpRequest[];
}

export const credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: "token+/=",
};

interface Options {
  readonly settings?: BucketSettings;
  readonly endpoint?: string | undefined;
  readonly maxAttempts?: number;
}

/** A client that receives the given responses without a connection. It sends calls in the SDK's way or directly. */
export function s3WithResponses(
  way: "sdk" | "direct",
  respond: (attempt: number) => ScriptedResponse | Error,
  { settings = {}, endpoint = "http://localhost:9000", maxAttempts = 1 }: Options = {},
): S3WithResponses {
  const requests: HttpRequest[] = [];
  const handle = async (request: HttpRequest) => {
    requests.push(request);
    const scripted = respond(requests.length);
    if (scripted instanceof Error) throw scripted;
    const { status: statusCode, headers = {}, body = "" } = scripted;
    return {
      response: new HttpResponse({
        statusCode,
        headers: { ...headers },
        body: Readable.from([Buffer.from(body)]),
      }),
    };
  };
  const forcePathStyle = endpoint !== undefined;
  const s3 = new S3Client({
    region: eu,
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle,
    credentials,
    maxAttempts,
    requestHandler: {
      handle,
      metadata: {},
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
    } as never,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    followRegionRedirects: false,
    disableS3ExpressSessionAuth: true,
  });
  if (way === "direct") {
    sendDirectly(s3, {
      buckets: { of: () => settings },
      metrics: createMetrics(),
      settings: { forcePathStyle, endpoint },
      region: eu,
      credentials,
      signingKeys: new SigningKeys(),
    });
  }
  return { s3, requests };
}

/** How a call ends: its output, or everything that this project reads of its failure. */
export async function outcomeOf({ s3 }: S3WithResponses, command: HeadObjectCommand | ListObjectsV2Command) {
  try {
    const { $metadata, ...output } = await s3.send(command as HeadObjectCommand);
    return { output, status: $metadata.httpStatusCode, attempts: $metadata.attempts };
  } catch (error) {
    const described = describeFailure(error);
    // The SDK appends a hint for its users to the message of an error of its own.
    const failure = { ...described, message: described.message.split("\n")[0] };
    const { code } = toStorageError(error, { operation: "any", subject: "object" });
    return { failure, code, type: (error as Error).constructor.name };
  }
}
