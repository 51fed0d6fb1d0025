import { randomBytes } from "node:crypto";
import { Agent, request } from "undici";
import { graphql, hasData, Load } from "../load.mjs";
import { withResources } from "../resources.mjs";
import { interleave } from "../rounds.mjs";
import { startValetKey } from "../valet-key.mjs";

const mebibyte = 2 ** 20;
const names = {
  through: "uploadFile, through the server",
  direct: "presigned PUT, directly to the store",
};

const requestPut = `mutation ($input: UploadInput!, $size: SafeInt!) {
  requestUpload(input: $input, size: $size, method: PUT) { ... on PutUpload { url headers { name value } } }
}`;
const uploadFile = `mutation ($file: Upload!, $input: UploadInput!) {
  uploadFile(file: $file, input: $input) { size }
}`;

/** The same bytes to the same key of the same store, by both ways. */
export function uploadThroughput({ store, rounds, quick, log }) {
  const sizeMebibytes = quick ? 64 : 256;
  const sizeBytes = sizeMebibytes * mebibyte;
  return withResources(async (use) => {
    const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
    use({ stop: () => agent.close() });
    const server = use(await startValetKey(store));
    const chunk = randomBytes(mebibyte);
    const input = { bucket: store.bucket, key: "uploads/film.mp4", contentType: "video/mp4" };
    const mebibytesPerSecond = async (send) => {
      const startedAt = performance.now();
      await send();
      return sizeMebibytes / ((performance.now() - startedAt) / 1000);
    };

    const direct = async () => {
      const put = await presignPut(server, input, sizeBytes);
      return mebibytesPerSecond(() => sendPut(agent, put, sizeBytes, chunk));
    };
    const through = () => mebibytesPerSecond(() => sendForm(agent, server, input, sizeBytes, chunk));
    await direct();
    await through();
    return {
      title: `${sizeMebibytes} MiB uploaded (${store.name})`,
      unit: "MiB/s",
      figures: await interleave(rounds, { [names.through]: through, [names.direct]: direct }, log),
      comparisons: [{ of: names.through, to: names.direct, atLeast: 0.95 }],
    };
  });
}

async function presignPut(server, input, size) {
  const load = new Load(server.origin, {
    concurrency: 1,
    request: () => graphql(requestPut, { input, size }),
    check: hasData,
  });
  const response = JSON.parse(await load.once());
  await load.stop();
  return response.data.requestUpload;
}

async function sendPut(agent, { url, headers }, sizeBytes, chunk) {
  const response = await request(url, {
    dispatcher: agent,
    method: "PUT",
    headers: {
      ...Object.fromEntries(headers.map(({ name, value }) => [name, value])),
      "content-length": String(sizeBytes),
    },
    body: repeat(chunk, sizeBytes),
  });
  const text = await response.body.text();
  if (response.statusCode !== 200) throw new Error(`PUT: ${response.statusCode} ${text}`);
}

// https://github.com/jaydenseric/graphql-multipart-request-spec
async function sendForm(agent, server, input, sizeBytes, chunk) {
  const boundary = "the-boundary-of-the-bench";
  const field = (name, value) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = Buffer.from(
    field("operations", JSON.stringify({ query: uploadFile, variables: { file: null, input } })) +
      field("map", JSON.stringify({ 0: ["variables.file"] })) +
      `--${boundary}\r\nContent-Disposition: form-data; name="0"; filename="film.mp4"\r\nContent-Type: video/mp4\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const response = await request(`${server.origin}/graphql`, {
    dispatcher: agent,
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(head.length + sizeBytes + tail.length),
      "apollo-require-preflight": "true",
    },
    body: concatenate([head], repeat(chunk, sizeBytes), [tail]),
  });
  const text = await response.body.text();
  if (!text.includes(`"size":${sizeBytes}`)) throw new Error(`uploadFile: ${response.statusCode} ${text}`);
}

function* repeat(chunk, sizeBytes) {
  for (let sent = 0; sent < sizeBytes; sent += chunk.length) yield chunk;
}

async function* concatenate(...parts) {
  for (const part of parts) yield* part;
}
