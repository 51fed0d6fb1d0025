import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "vitest";
import { buildProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { uploadsInFlight } from "../support/metrics.ts";
import { downloadUrl, uploadFileMutation } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startDemoServer } from "../support/test-server.ts";

const { path: root } = await shareInFile(makeTemporaryFolder("drain"));
const program = await shareInFile(buildProgram());

let environment: Record<string, string>;
beforeEach(async () => {
  const VALETKEY_DATA_DIR = await mkdtemp(join(root, "data-"));
  environment = { PORT: "0", VALETKEY_STORE_PORT: "0", VALETKEY_DATA_DIR, LOG_LEVEL: "info" };
});

const MiB = 2 ** 20;
const boundary = "a-boundary";
const key = "drained";

/** An uploadFile up to its file's first bytes. `finish` sends the rest of the form. */
function beginUpload(url: string) {
  const variables = { file: null, input: { bucket: "demo", key } };
  const field = (name: string, more = "") =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const upload: ClientRequest = request(`${url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "apollo-require-preflight": "1",
      "transfer-encoding": "chunked",
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    upload.once("response", resolve).on("error", reject),
  );
  answered.catch(() => {});
  upload.write(`${field("operations")}${JSON.stringify({ query: uploadFileMutation, variables })}\r\n`);
  upload.write(`${field("map")}{"0":["variables.file"]}\r\n${field("0", '; filename="a"')}first bytes`);
  return {
    answered,
    write: (bytes: number) => upload.write(Buffer.alloc(bytes)),
    finish: () => upload.end(`, last bytes\r\n--${boundary}--\r\n`),
  };
}

const refusesConnections = (url: string) =>
  fetch(`${url}/healthz`).then(
    () => false,
    () => true,
  );

describe("a signal to stop", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s ends an idle server with exit code 0", async (signal) => {
    const server = program.start(environment);
    await fetch(`${await server.ready}/healthz`);
    server.process.kill(signal);
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test("lets an upload finish, and accepts no new connection", async () => {
    const server = program.start(environment);
    const url = await server.ready;
    const upload = beginUpload(url);
    await expect.poll(() => uploadsInFlight(url)).toBe(1);
    server.process.kill("SIGTERM");
    await expect.poll(() => refusesConnections(url)).toBe(true);
    expect(server.process.exitCode).toBeNull();
    upload.finish();
    const answer = await upload.answered;
    expect(await json(answer)).toMatchObject({ data: { uploadFile: { key, size: 23 } } });
    expect(answer.headers.connection).toBe("close");
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(await storedText()).toBe("first bytes, last bytes");
  });

  test("aborts uploads that do not finish in time, and leaves nothing of them in the store", async () => {
    const server = program.start({ ...environment, VALETKEY_DRAIN_SECONDS: "1" });
    const url = await server.ready;
    const upload = beginUpload(url);
    // Enough for parts, so that there is something to abort.
    upload.write(24 * MiB);
    const pending = () => new GraphQLClient(url).data('{ uploads(bucket: "demo") { nodes { key } } }');
    await expect.poll(pending).toEqual({ uploads: { nodes: [{ key }] } });
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
    const left = await withServer((client) =>
      client.data('{ uploads(bucket: "demo") { nodes { key } } objects(bucket: "demo") { nodes { key } } }'),
    );
    expect(left).toEqual({ uploads: { nodes: [] }, objects: { nodes: [] } });
  });

  test("leaves the port of the metrics open until the last upload has ended", async () => {
    const server = program.start({ ...environment, VALETKEY_METRICS_PORT: "0" });
    const url = await server.ready;
    const metricsUrl = server.lines.find((line) => line.metricsUrl !== undefined)?.metricsUrl ?? "";
    const inFlight = async () =>
      /^valetkey_uploads_in_flight (\d+)$/m.exec(await (await fetch(metricsUrl)).text())?.[1];
    const upload = beginUpload(url);
    await expect.poll(inFlight).toBe("1");
    server.process.kill("SIGTERM");
    await expect.poll(() => refusesConnections(url)).toBe(true);
    expect(await inFlight()).toBe("1");
    upload.finish();
    await upload.answered;
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test("does not wait for a connection without a request", async () => {
    const server = program.start({ ...environment, VALETKEY_DRAIN_SECONDS: "600" });
    const socket = connect(Number(new URL(await server.ready).port), "127.0.0.1");
    await once(socket, "connect");
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test.each([
    [
      "the rest of a body",
      "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
    ],
    ["the rest of a header", "POST /graphql HTTP/1.1\r\nHost"],
  ])("waits for %s until the time to drain is over, and no longer", async (_what, begun) => {
    const server = program.start({ ...environment, VALETKEY_DRAIN_SECONDS: "2" });
    const url = await server.ready;
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const closed = once(socket, "close");
    socket.on("error", () => {}).write(begun);
    await fetch(`${url}/healthz`);
    const started = performance.now();
    server.process.kill("SIGTERM");
    await closed;
    // Timers may be late, but not early. The server's own timeouts would end the connection after 60 s.
    expect(performance.now() - started).toBeGreaterThan(1_900);
    expect(performance.now() - started).toBeLessThan(50_000);
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  test("ends the process at once when it comes a second time", async () => {
    const server = program.start(environment);
    const url = await server.ready;
    beginUpload(url);
    await expect.poll(() => uploadsInFlight(url)).toBe(1);
    server.process.kill("SIGTERM");
    await expect.poll(() => refusesConnections(url)).toBe(true);
    server.process.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: null, signal: "SIGTERM" });
  });
});

/** Starts another server on the data folder that the program has left. */
async function withServer<Result>(use: (client: GraphQLClient) => Promise<Result>): Promise<Result> {
  await using server = await startDemoServer({ ...environment, LOG_LEVEL: "silent" });
  return await use(server.client);
}

function storedText(): Promise<string> {
  return withServer(async (client) =>
    (await fetch((await downloadUrl(client, { bucket: "demo", key })).url)).text(),
  );
}
