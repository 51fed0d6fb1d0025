import {
  HeadObject$,
  HeadObjectCommand,
  ListObjectsV2$,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Buckets } from "../../core/bucket-settings.ts";
import type { Metrics } from "../../core/metrics.ts";
import type { BucketName } from "../../core/object-address.ts";
import { DirectCaller, type DirectCallerOptions, type Operation, toOperation } from "./direct-caller.ts";
import { observed } from "./observe-calls.ts";
import { readHead } from "./read-head.ts";
import { readPage } from "./read-page.ts";

/** The calls whose cost shows: `verify: true` sends a HEAD for each object, and each page of objects is one list. */
const directOperations = new Map<unknown, Operation>([
  [HeadObjectCommand, toOperation(HeadObject$, readHead)],
  [ListObjectsV2Command, toOperation(ListObjectsV2$, readPage)],
]);

export interface DirectCallsOptions extends DirectCallerOptions {
  readonly buckets: Pick<Buckets, "of">;
  readonly metrics: Metrics;
}

/** A call as `send` receives it. */
interface Command {
  readonly input: { readonly Bucket?: BucketName };
}

/**
 * Makes a client send HeadObject and ListObjectsV2 without the SDK's middleware, which takes most of the processor time
 * of such a call ([decision 60](../../../docs/decisions/0060-direct-calls.md)). Middleware that a command or the client
 * has in addition does not run for these calls. A call with options, such as an AbortSignal, takes the SDK's way.
 */
export function sendDirectly(client: S3Client, { buckets, metrics, ...options }: DirectCallsOptions): void {
  const caller = new DirectCaller(client, options);
  const sendBySdk = client.send.bind(client) as (command: Command, ...options: unknown[]) => unknown;

  function send(command: Command, ...options: unknown[]): unknown {
    const operation = directOperations.get(command.constructor);
    const { Bucket: bucket } = command.input;
    const endpoint = bucket === undefined ? undefined : caller.endpointOf(bucket);
    if (operation === undefined || bucket === undefined || endpoint === undefined || options.length > 0) {
      return sendBySdk(command, ...options);
    }
    const input = { ...command.input, ExpectedBucketOwner: buckets.of(bucket).owner };
    return observed(metrics, operation.name, () => caller.send(operation, input, endpoint));
  }

  client.send = send as S3Client["send"];
}
