import type { IncomingMessage } from "node:http";
import type { S3Client } from "@aws-sdk/client-s3";
import { HttpRequest, type HttpResponse } from "@smithy/core/protocols";
import { retryMiddleware } from "@smithy/core/retry";
import type { EndpointV2, MetadataBearer, OperationSchema, StaticOperationSchema } from "@smithy/types";
import type { TemporaryCredentials } from "../../access/role-session.ts";
import type { BucketName, Region } from "../../core/object-address.ts";
import { version } from "../../core/version.ts";
import type { EndpointSettings } from "../client/endpoint-settings.ts";
import { endpointByRules } from "../client/endpoints.ts";
import { withAuthorization } from "../signing/authorization-header.ts";
import type { SigningKeys } from "../signing/signing-key.ts";
import { learnTime, timeOfS3 } from "./clock.ts";
import { readBody } from "./read-body.ts";

/** A response whose body has been read. */
export interface S3Response extends HttpResponse {
  body: Buffer;
}

/** An operation of S3, and how its response is read. */
export interface Operation {
  readonly name: string;
  readonly schema: OperationSchema;
  readonly read: ReadResponse;
}

/** `bySdk` reads the response as the SDK does. It throws the SDK's errors for responses of failed requests. */
export type ReadResponse = (
  response: S3Response,
  bySdk: () => Promise<MetadataBearer>,
) => Promise<MetadataBearer>;

export function toOperation(schema: StaticOperationSchema, read: ReadResponse): Operation {
  const [, namespace, name, traits, input, output] = schema;
  return { name, schema: { namespace, name, traits, input, output } as OperationSchema, read };
}

export interface DirectCallerOptions {
  readonly settings: EndpointSettings;
  readonly region: Region;
  readonly credentials: TemporaryCredentials;
  readonly signingKeys: SigningKeys;
}

/** What the SDK's protocol does: it converts inputs to requests, and responses to outputs and errors. */
interface Protocol {
  serializeRequest(schema: OperationSchema, input: object, context: object): Promise<HttpRequest>;
  deserializeResponse(
    schema: OperationSchema,
    context: object,
    response: HttpResponse,
  ): Promise<MetadataBearer>;
}

/** Sends calls with the parts of the SDK, which only this file puts together: its protocol, its retries and its HTTP. */
export class DirectCaller {
  readonly #config: S3Client["config"];
  readonly #protocol: Protocol;
  readonly #options: DirectCallerOptions;

  constructor({ config }: S3Client, options: DirectCallerOptions) {
    this.#config = config;
    this.#protocol = config.protocol as unknown as Protocol;
    this.#options = options;
  }

  /** Undefined if requests to the bucket are signed in another way, as those to S3 Express are. */
  endpointOf(bucket: BucketName): EndpointV2 | undefined {
    const { region, settings } = this.#options;
    const endpoint = endpointByRules(this.#config.endpointProvider, region, bucket, settings);
    const scheme = endpoint.properties?.authSchemes?.[0];
    return scheme?.name === "sigv4" && scheme.signingName === "s3" ? endpoint : undefined;
  }

  async send(operation: Operation, input: object, endpoint: EndpointV2): Promise<MetadataBearer> {
    const context = { endpoint: async () => endpoint };
    const request = await this.#protocol.serializeRequest(operation.schema, input, context);
    const region = endpoint.properties?.authSchemes?.[0]?.signingRegion ?? this.#options.region;
    const attempt = () => this.#attempt(operation, request, region);
    const withRetries = retryMiddleware(this.#config)(attempt, {});
    return (await withRetries({ input, request })).output;
  }

  async #attempt(operation: Operation, request: HttpRequest, region: string) {
    const signedAt = timeOfS3(this.#config);
    const { response: received } = await this.#config.requestHandler.handle(
      this.#sign(request, region, signedAt),
    );
    const response: S3Response = Object.assign(received, {
      body: await readBody(received.body as IncomingMessage),
    });
    const isSkewed = learnTime(this.#config, signedAt, response.headers);
    try {
      const bySdk = () => this.#protocol.deserializeResponse(operation.schema, this.#config, response);
      return { response, output: await operation.read(response, bySdk) };
    } catch (error) {
      throw withResponse(error as SdkError, response, isSkewed);
    }
  }

  #sign(request: HttpRequest, region: string, signedAt: Date): HttpRequest {
    const { method, path, hostname, port } = request;
    const query = request.query as Record<string, string>;
    const host = port === undefined ? hostname : `${hostname}:${port}`;
    const unsigned = { method, path, query, host, headers: { ...request.headers, "user-agent": userAgent } };
    const headers = withAuthorization(unsigned, { ...this.#options, region, signedAt });
    return new HttpRequest({ ...request, headers });
  }
}

const userAgent = `valetkey/${version} app/valetkey`;

/** An error of the SDK, with the places where it stores facts about the response. */
interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number; requestId?: string | undefined; clockSkewCorrected?: true };
  $response?: HttpResponse;
}

function withResponse(error: SdkError, response: HttpResponse, isSkewed: boolean): SdkError {
  Object.defineProperty(error, "$response", { value: response, enumerable: false });
  const { statusCode: httpStatusCode, headers } = response;
  error.$metadata ??= { httpStatusCode, requestId: headers["x-amz-request-id"] };
  // The SDK's retries repeat such a call, which is then signed with the time that was learned.
  if (isSkewed) error.$metadata.clockSkewCorrected = true;
  return error;
}
