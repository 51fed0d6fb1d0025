#!/usr/bin/env node
// node examples/send-file.mjs FILE BUCKET KEY [--resume] [--url http://127.0.0.1:4000/graphql] [--token TOKEN]
// End it in the middle and run it again with --resume: it goes on where it stopped. The file has to be the same.
import { openAsBlob } from "node:fs";
import { parseArgs } from "node:util";
import { graphqlClient, uploadResumably } from "./resumable-upload.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    resume: { type: "boolean", default: false },
    url: { type: "string", default: "http://127.0.0.1:4000/graphql" },
    token: { type: "string" },
  },
});
const [path, bucket, key] = positionals;
if (key === undefined)
  throw new Error("send-file.mjs FILE BUCKET KEY [--resume] [--url URL] [--token TOKEN]");

const file = await openAsBlob(path);
let when = " were there already";
const object = await uploadResumably(file, {
  ask: graphqlClient(values.url, values.token),
  input: { bucket, key },
  resume: values.resume,
  onProgress: (storedBytes) => {
    console.log(`${storedBytes} of ${file.size} bytes${when}`);
    when = "";
  },
});
console.log(`stored ${JSON.stringify(object)}`);
