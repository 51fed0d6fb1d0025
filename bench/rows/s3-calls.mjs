import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { startProgram } from "../program.mjs";
import { names } from "./s3-calls-names.mjs";

/** The processor time of a call to S3, in the process that sends it, while a stub on another processor responds. */
export async function s3Calls({ rounds, seconds, log }) {
  const stub = createServer(respond).listen(0, "127.0.0.1");
  await once(stub, "listening");
  const { program, exited, printed } = start(stub.address().port, rounds, seconds / 2);
  let json = "";
  for await (const chunk of printed) json += chunk;
  const [code] = await exited;
  await program.stop();
  stub.closeAllConnections();
  stub.close();
  if (code !== 0) throw new Error(`The program that calls S3 ended with ${code}.`);
  const figures = JSON.parse(json);
  for (const [name, samples] of Object.entries(figures)) log(`${name}: ${samples.map(Math.round)} µs`);
  return {
    title: "Calls to S3 in process, processor time",
    unit: "µs",
    figures,
    comparisons: [
      { of: names.headBySdk, to: names.head, atLeast: 2 },
      { of: names.pageBySdk, to: names.page, atLeast: 2.5 },
    ],
  };
}

function start(port, rounds, seconds) {
  const program = startProgram(
    [join(import.meta.dirname, "s3-calls-program.mjs"), String(port), String(rounds), String(seconds)],
    {},
    { output: "pipe" },
  );
  return { program, exited: once(program.child, "exit"), printed: program.child.stdout.setEncoding("utf8") };
}

const etag = "d41d8cd98f00b204e9800998ecf8427e";
const headers = {
  "content-type": "image/jpeg",
  "content-length": "300000",
  etag: `"${etag}"`,
  "last-modified": "Sat, 28 Nov 2026 10:00:00 GMT",
  "x-amz-request-id": "4442587FB7D0A2F9",
  "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=",
  "x-amz-checksum-type": "FULL_OBJECT",
  "x-amz-meta-camera": "one",
};
const objects = Array.from(
  { length: 1000 },
  (_, i) =>
    `<Contents><Key>photos/2024/06/IMG_${100_000 + i}.jpg</Key><LastModified>2026-11-28T10:00:00.000Z</LastModified>` +
    `<ETag>&quot;${etag}&quot;</ETag><Size>300000</Size><StorageClass>STANDARD</StorageClass></Contents>`,
);
const page =
  '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
  `<Name>photos</Name><Prefix/><MaxKeys>1000</MaxKeys><KeyCount>1000</KeyCount><IsTruncated>true</IsTruncated>` +
  `${objects.join("")}</ListBucketResult>`;

function respond({ method }, response) {
  if (method === "HEAD") response.writeHead(200, headers).end();
  else response.writeHead(200, { "content-type": "application/xml" }).end(page);
}
