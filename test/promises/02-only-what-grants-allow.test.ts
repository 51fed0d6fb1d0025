import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { forged } from "../support/multipart-uploads.ts";
import {
  abortUpload,
  completeUpload,
  copyObject,
  downloadUrl,
  findUpload,
  requestUpload,
} from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const { description: store } = await shareInFile(startTestStore());
const gateway = await shareInFile(startRecordingProxy(store.endpoint));
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    s3Url: gateway.url,
    stsUrl: gateway.url,
    grants: [{ who: "authenticated", bucket, prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] }],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));
const bob = server.client.as(await issuer.token({ sub: "bob" }));

/** What the grants allow, said once more. */
const isGranted = (address: { bucket: string; key: string }, sub: string) =>
  address.bucket === bucket && address.key.startsWith(`users/${sub}/`);

const pieces = [
  "users",
  "alice",
  "bob",
  "Alice",
  "alice2",
  "*",
  "?",
  "%2e%2e",
  "{sub}",
  "a.txt",
  "é",
  "",
  " ",
];

/** Addresses of which about a quarter are granted to the caller. */
const addressesNear = (sub: string) =>
  fc.record({
    bucket: fc.constantFrom(bucket, bucket, otherBucket, "not-there"),
    key: fc
      .tuple(
        fc.constantFrom(`users/${sub}/`, `users/${sub}/`, `users/${sub}`, "users/", "users/bob/", ""),
        fc.array(fc.constantFrom(...pieces), { maxLength: 4 }),
      )
      .map(([prefix, parts]) => prefix + parts.join("/"))
      .filter((key) => key !== ""),
  });

test("the server refuses every address that the grants do not allow, in every operation", async () => {
  await fc.assert(
    fc.asyncProperty(addressesNear("alice"), async (at) => {
      const own = { bucket, key: "users/alice/own.txt" };
      const operations = [
        () => downloadUrl(alice, { ...at, verify: false }),
        () => requestUpload(alice, "PUT", { input: at, size: 1 }),
        () => requestUpload(alice, "POST", { input: at, size: 1 }),
      ];
      const refusedOnly = [
        () => downloadUrl(alice, at),
        () => copyObject(alice, at, own),
        () => copyObject(alice, own, at),
        () => requestUpload(alice, "MULTIPART", { input: at, size: 9e6 }),
      ];
      const attempts = isGranted(at, "alice") ? operations : [...operations, ...refusedOnly];
      for (const attempt of attempts) {
        const outcome = await attempt().then(
          () => "allowed",
          ({ code }) => code,
        );
        expect(outcome).toBe(isGranted(at, "alice") ? "allowed" : "FORBIDDEN");
      }
    }),
    { numRuns: 60 },
  );
});

test("the id of another caller's upload is of no use, nor is a forged one", async () => {
  const input = { bucket, key: "users/bob/large.bin" };
  const { id } = await requestUpload(bob, "MULTIPART", { input, size: 9e6 });
  for (const [text, code] of [
    [id, "FORBIDDEN"],
    [forged(id), "UPLOAD_NOT_FOUND"],
  ] as const) {
    for (const use of [findUpload, completeUpload, abortUpload])
      await expect(use(alice, text)).rejects.toMatchObject({ code, retryable: false });
  }
  await expect(findUpload(bob, id)).resolves.toMatchObject({ id });
});

test("S3 refuses the same addresses to the credentials that the server signs with", async () => {
  const carol = server.client.as(await issuer.token({ sub: "carol" }));
  gateway.forget();
  await downloadUrl(carol, { bucket, key: "users/carol/any", verify: false });
  const [credentials] = gateway.roleSessions;
  if (credentials === undefined) throw new Error("No AssumeRole was seen.");
  const { endpoint, region } = store;
  await using s3 = disposable(
    new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 }),
  );
  await fc.assert(
    fc.asyncProperty(addressesNear("carol"), async (at) => {
      const target = { Bucket: at.bucket, Key: at.key };
      for (const command of [new PutObjectCommand({ ...target, Body: "x" }), new GetObjectCommand(target)]) {
        const status = await s3.client.send(command as PutObjectCommand).then(
          () => 200,
          (error) => error.$metadata.httpStatusCode,
        );
        const refusal = at.bucket === "not-there" ? expect.toBeOneOf([403, 404]) : 403;
        expect(status).toEqual(isGranted(at, "carol") ? 200 : refusal);
      }
    }),
    { numRuns: 60 },
  );
});

function disposable(client: S3Client) {
  return { client, [Symbol.asyncDispose]: async () => client.destroy() };
}
