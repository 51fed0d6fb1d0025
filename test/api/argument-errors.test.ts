import { expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { anyoneMayDoAnything, bucket, startTestServer } from "../support/test-server.ts";

const { client } = await shareInFile(startTestServer({ grants: anyoneMayDoAnything }));

// GraphQL lets a variable with a default stand for an argument that cannot be null, and then it is null after all.
test.each([
  ["null for a variable with a default", { bucket: null }, "bucket"],
  ["null for a variable inside of an input", { key: null }, "objects"],
])("%s is the caller's mistake, and not the server's", async (_, variables, field) => {
  const query = `query ($bucket: String = "${bucket}", $key: String = "a") {
    object(bucket: $bucket, key: "none") { key }
    downloadUrls(objects: [{ bucket: "${bucket}", key: $key }], verify: false) { url }
  }`;
  // Apollo executes a document's first request, and the others are prepared, and compiled in the end.
  for (let time = 0; time < 5; time += 1) {
    const { errors } = await client.request(query, variables);
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("Argument"),
        extensions: { code: "BAD_USER_INPUT", retryable: false, field },
      },
    ]);
  }
});
