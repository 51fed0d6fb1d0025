import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { uploadFileMutation } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { otherBucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(startTestServer({ issuer }));

/** Sends only the header of a request, and its body after `100 Continue`. Returns the status codes received. */
async function statusCodes(headers: Record<string, string>, body: string, length = Buffer.byteLength(body)) {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const fields = { host: "localhost", connection: "close", expect: "100-continue", ...headers };
  const lines = Object.entries({ ...fields, "content-length": length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`POST /graphql HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let received = "";
  let sent = false;
  for await (const chunk of socket.setEncoding("latin1")) {
    received += chunk;
    if (!sent && received.startsWith("HTTP/1.1 100 ")) {
      sent = true;
      socket.write(body);
    } else if (/^HTTP\/1.1 [2-5]/m.test(received)) break;
  }
  return [...received.matchAll(/^HTTP\/1.1 (\d+)/gm)].map(([, status]) => Number(status));
}

const json = { "content-type": "application/json" };
const form = { "content-type": "multipart/form-data; boundary=x", "apollo-require-preflight": "1" };
const query = JSON.stringify({ query: "{ viewer { authenticated } }" });
const uploadForm = [
  `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({
    query: uploadFileMutation,
    variables: { file: null, input: { bucket: otherBucket, key: "a" } },
  })}\r\n`,
  '--x\r\ncontent-disposition: form-data; name="map"\r\n\r\n{"0":["variables.file"]}\r\n',
  '--x\r\ncontent-disposition: form-data; name="0"; filename="a"\r\n\r\nhello\r\n--x--\r\n',
].join("");
const huge = 5e9;

describe("Expect: 100-continue", () => {
  test.each<[string, Record<string, string>, string]>([
    ["JSON", json, query],
    ["a form", form, uploadForm],
  ])("is answered with 100 when %s is going to be read", async (_what, headers, body) => {
    expect(await statusCodes(headers, body)).toEqual([100, 200]);
  });

  const authorization = "Bearer nonsense";
  test.each<[string, number, Record<string, string>]>([
    ["a form with a bad token", 401, { ...form, authorization }],
    ["JSON with a bad token", 401, { ...json, authorization }],
    ["a form without the preflight header", 400, { "content-type": "multipart/form-data; boundary=x" }],
    ["a form without a boundary", 400, { ...form, "content-type": "multipart/form-data" }],
    ["JSON that is too large", 413, json],
    ["another media type", 415, { "content-type": "text/plain" }],
    ["a body without a media type", 415, {}],
    ["a client that accepts no JSON", 406, { ...form, accept: "text/plain" }],
  ])("gets the final status and no 100 for %s", async (_what, status, headers) => {
    expect(await statusCodes(headers, "", huge)).toEqual([status]);
  });
});
