import { expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";

const server = await shareInFile(startTestServer());

const query = "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { url } }";
const objectOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));

// Each error of graphql-js formats the whole object again, so the time would grow with the square of the names.
test("an object in the variables with more than 1,000 names is refused before it is converted", async () => {
  const { status, errors } = await server.client.request(query, { objects: [objectOf(1_001)] });
  expect(status).toBe(400);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]).toMatchObject({
    message: "An object in the variables has more than 1,000 names.",
    extensions: { code: "BAD_USER_INPUT", retryable: false },
  });
});

// Each error would format all of the strings.
test("of large variables, only the first error is reported", async () => {
  const long = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`k${index}`, "x".repeat(4_000)]),
  );
  const { status, errors } = await server.client.request(query, { objects: [long] });
  expect(status).toBe(400);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.message).toMatch(/^Variable "\$objects" got invalid value/);
  expect(errors?.[0]?.message).toHaveLength(1_000);
  expect(errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", retryable: false });
});

test("an object with 1,000 names is converted", async () => {
  const { errors = [] } = await server.client.request(query, { objects: [objectOf(1_000)] });
  expect(errors[0]?.message).toContain("got invalid value");
});
