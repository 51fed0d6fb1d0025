import { startEmbeddedS3 } from "../../build/bench/embedded-s3.js";

// Prints where it is and serves until stdin ends.
const store = await startEmbeddedS3({ directory: process.argv[2] });
const { endpoint, region, roleArn, credentials } = store;
const description = { endpoint, region, roleArn, bucket: "demo", credentials, adminCredentials: credentials };
process.stdout.write(`${JSON.stringify(description)}\n`);
process.stdin.resume().on("end", async () => {
  await store.close();
  process.exit(0);
});
