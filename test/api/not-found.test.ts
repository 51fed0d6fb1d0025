import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer } from "../support/test-server.ts";

const lines: string[] = [];
const server = await shareInFile(
  startTestServer({
    grants: [
      ...anyoneMayDoAnything,
      { who: "anonymous", bucket: "no-such-bucket", allow: ["DOWNLOAD", "LIST", "UPLOAD"] },
    ],
    log: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
  }),
);
beforeEach(() => void lines.splice(0));

const refusalOf = async (query: string) => {
  const { errors } = await server.client.request(query);
  return errors?.map(({ message, extensions }) => ({ message, code: extensions?.code }));
};

const missingObject = {
  code: "OBJECT_NOT_FOUND",
  message: `There is no object "a b" in the bucket "${bucket}".`,
};
const missingBucket = { code: "BUCKET_NOT_FOUND", message: 'There is no bucket "no-such-bucket".' };

test.each([
  ["downloadUrl", `{ downloadUrl(bucket: "${bucket}", key: "a b") { url } }`, missingObject],
  [
    "copyObject, whose source is missing",
    `mutation { copyObject(from: { bucket: "${bucket}", key: "a b" }, to: { bucket: "${bucket}", key: "target" }) { key } }`,
    missingObject,
  ],
  ["downloadUrl", `{ downloadUrl(bucket: "no-such-bucket", key: "a") { url } }`, missingBucket],
  ["objects", `{ objects(bucket: "no-such-bucket") { nodes { key } } }`, missingBucket],
])("%s names what is missing", async (_, query, refusal) => {
  expect(await refusalOf(query)).toEqual([refusal]);
});

test("a mistyped bucket is named, with the buckets that the caller's grants are for", async () => {
  expect(await refusalOf('{ downloadUrl(bucket: "dmeo", key: "photo.png") { url } }')).toEqual([
    {
      code: "FORBIDDEN",
      message:
        'No grant allows DOWNLOAD of "photo.png" in the bucket "dmeo". Your grants are for the buckets "demo", "demo-versioned", "no-such-bucket".',
    },
  ]);
});

test("what is missing or forbidden is logged at info, without a stack", async () => {
  await refusalOf(`{ downloadUrl(bucket: "${bucket}", key: "a b") { url } }`);
  await refusalOf('{ downloadUrl(bucket: "dmeo", key: "photo.png") { url } }');
  const entries = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
  expect(entries.filter(({ msg }) => msg === "a request was refused")).toHaveLength(1);
  expect(entries.filter(({ level }) => level > 30)).toEqual([]);
  expect(lines.join("")).not.toContain("stack");
});
