#!/usr/bin/env node
// Interrupt it and run it again with --resume: it continues the upload. The file must be the same.
import { openAsBlob } from "node:fs";
import { access } from "node:fs/promises";
import { parseArgs } from "node:util";
import { graphqlClient, uploadResumably } from "./resumable-upload.mjs";

const usage =
  "node examples/send-file.mjs FILE BUCKET KEY [--resume] [--url http://127.0.0.1:4000/graphql] [--token TOKEN]";

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      resume: { type: "boolean", default: false },
      url: { type: "string", default: "http://127.0.0.1:4000/graphql" },
      token: { type: "string" },
    },
  });
  if (positionals.length !== 3) throw new Error(usage);
  const [path, bucket, key] = positionals;
  // Its error names the file. The error of openAsBlob does not.
  await access(path);
  const file = await openAsBlob(path);
  let when = " were already there";
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
}

main().catch((error) => {
  // The cause of a fetch error tells why it failed.
  console.error([error.message, error.cause?.message].filter(Boolean).join(": "));
  process.exitCode = 1;
});
