import { ListMultipartUploadsCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "@valetkey/embedded-s3";
import { expect, test } from "vitest";
import { examine } from "../../../src/commands/doctor/examine.ts";
import { buildProgram } from "../../support/built-program.ts";
import { startTogether } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { prepareTestServer } from "../../support/test-server.ts";

const program = await shareInFile(buildProgram());
const bucket = "demo";

/** A store that calls `onOperation` for each request for the bucket, and the environment of a doctor for it. */
const prepare = (onOperation: (operation: string) => void) =>
  startTogether(async (started) => {
    const operations: string[] = [];
    const store = await started.use(
      startEmbeddedS3({
        buckets: [bucket],
        onRequest({ operation }) {
          operations.push(operation ?? "");
          onOperation(operation ?? "");
        },
      }),
    );
    const { endpoint, region, credentials, roleArn } = store;
    const prepared = await started.use(
      prepareTestServer({
        store: {
          ...{
            name: "embedded",
            endpoint,
            region,
            roleArn,
            buckets: { main: bucket, versioned: bucket, private: bucket },
          },
          ...{ baseCredentials: credentials, adminCredentials: credentials },
        },
        grants: [{ who: "anonymous", bucket, allow: ["UPLOAD", "DOWNLOAD", "LIST", "DELETE"] }],
      }),
    );
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    started.defer(() => s3.destroy());
    const leftBehind = async () => {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket: bucket }),
      );
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return [...Versions, ...DeleteMarkers, ...Uploads].map(({ Key }) => Key);
    };
    return { env: prepared.env, operations, leftBehind };
  });

test.each([
  ["PutObject", ["PutObject", "DeleteObject"]],
  [
    "CreateMultipartUpload",
    ["PutObject", "GetObject", "HeadObject", "DeleteObject", "CreateMultipartUpload", "AbortMultipartUpload"],
  ],
])("a doctor that is interrupted during %s only removes what it has stored", async (during, expected) => {
  const controller = new AbortController();
  await using prepared = await prepare((operation) => {
    if (operation === during) controller.abort("SIGTERM");
  });
  const { env, operations, leftBehind } = prepared;
  for await (const _ of examine({ NODE_ENV: "production", ...env }, { signal: controller.signal }));
  const isOfObject = (operation: string) => /Object$|Upload$|^UploadPart|^ListParts/.test(operation);
  expect(operations.filter(isOfObject)).toEqual(expected);
  expect(await leftBehind()).toEqual([]);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends valetkey doctor with %i, and nothing is left behind", async (signal, code) => {
  const controller = new AbortController();
  await using prepared = await prepare((operation) => {
    if (operation === "PutObject") controller.abort();
  });
  const running = program.spawnCli(["doctor"], prepared.env);
  controller.signal.addEventListener("abort", () => running.process.kill(signal));
  const ended = await running.ended;
  expect(ended).toMatchObject({ code, stderr: expect.stringContaining("The doctor was interrupted.") });
  expect(await prepared.leftBehind()).toEqual([]);
});
