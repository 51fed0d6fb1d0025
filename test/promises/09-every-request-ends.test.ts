import { expect, test } from "vitest";
import { startBreakingProxy } from "../support/breaking-proxy.ts";
import { GraphQLFailure } from "../support/graphql-client.ts";
import { beginUpload } from "../support/multipart-uploads.ts";
import { noise } from "../support/noise.ts";
import {
  abortUpload,
  completeUpload,
  copyObject,
  downloadUrl,
  findUpload,
  requestUpload,
  uploadFile,
} from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

/** docs/limits.md: after that, a request begins no more calls to S3, and each call has a timeout of its own. */
const statedMs = 60_000;

const { description: store } = await shareInFile(startTestStore());
const faulty = await shareInFile(startBreakingProxy(store.endpoint));

function startStalled(where: "S3" | "STS") {
  const urls = {
    S3: { s3Url: faulty.url, stsUrl: store.endpoint },
    STS: { s3Url: store.endpoint, stsUrl: faulty.url },
  };
  return startTestServer({ store, ...urls[where] });
}

const at = { bucket, key: "stalled" };
const file = () => new Blob([noise(10 * 2 ** 20)]);

/** How an operation ended. */
async function outcome(operation: () => Promise<unknown>) {
  const began = performance.now();
  const error = await operation().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { error, ms: performance.now() - began };
}

test.each(["S3", "STS"] as const)("with a code, when %s never responds", async (where) => {
  await using server = await startStalled(where);
  const { client } = server;
  const { id } = where === "S3" ? await beginUpload(client, { bucket, key: "begun" }) : { id: undefined };
  faulty.break({ fault: "stall", matches: () => true });
  const operations: Record<string, () => Promise<unknown>> = {
    downloadUrl: () => downloadUrl(client, at),
    "requestUpload of parts": () => requestUpload(client, "MULTIPART", { input: at, size: 9e6 }),
    "requestUpload that resumes": () =>
      requestUpload(client, "MULTIPART", { input: at, size: 9e6, resume: true }),
    objects: () => client.data(`{ objects(bucket: "${bucket}") { nodes { key } } }`),
    uploads: () => client.data(`{ uploads(bucket: "${bucket}") { nodes { key } } }`),
    copyObject: () => copyObject(client, at, { bucket, key: "copy" }),
    deleteObjects: () =>
      client.data(`mutation { deleteObjects(objects: [{ bucket: "${bucket}", key: "a" }]) { key } }`),
    uploadFile: () => uploadFile(client, file(), at),
    ...(id === undefined
      ? {}
      : {
          upload: () => findUpload(client, id),
          completeUpload: () => completeUpload(client, id),
          abortUpload: () => abortUpload(client, id),
        }),
  };
  const outcomes = await Promise.all(
    Object.entries(operations).map(async ([name, operation]) => ({ name, ...(await outcome(operation)) })),
  );
  faulty.heal();
  for (const { name, error, ms } of outcomes) {
    expect(error, name).toBeInstanceOf(GraphQLFailure);
    expect(error, name).toMatchObject({ code: expect.any(String), retryable: true });
    // Twice as long on a busy machine. What never ends fails by the limit of the test.
    expect(ms, name).toBeLessThan(2 * statedMs);
  }
});
