import { startEmbeddedStore } from "../../build/bench/embedded-s3.js";

// Prints where it is and serves until stdin ends.
const store = await startEmbeddedStore({ directory: process.argv[2], port: 0 });
const { endpoint, region, roleArn, accessKeyId, secretAccessKey } = store;
const credentials = { accessKeyId, secretAccessKey };
const description = { endpoint, region, roleArn, bucket: "demo", credentials, adminCredentials: credentials };
process.stdout.write(`${JSON.stringify(description)}\n`);
process.stdin.resume().on("end", async () => {
  await store.close();
  process.exit(0);
});
