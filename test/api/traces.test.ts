import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { startBreakingProxy } from "../support/breaking-proxy.ts";
import { buildProgram, type RunningProgram } from "../support/built-program.ts";
import { GraphQLClient } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { downloadUrl, requestUpload, uploadFile } from "../support/operations.ts";
import { type CollectedSpan, type SpanTree, startOtlpCollector, treeOf } from "../support/otlp-collector.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, prepareTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const program = await shareInFile(buildProgram());
const collector = await shareInFile(startOtlpCollector());
const issuer = await shareInFile(startIssuer());
const { description: store } = await shareInFile(startTestStore());
const s3 = await shareInFile(startBreakingProxy(store.endpoint));
const sts = await shareInFile(startBreakingProxy(store.endpoint));
const prepared = await shareInFile(
  prepareTestServer({
    ...{ store, s3Url: s3.url, stsUrl: sts.url, issuer },
    grants: [
      { who: "anonymous", bucket, allow: ["DOWNLOAD", "UPLOAD"] },
      { who: "authenticated", bucket, allow: ["DOWNLOAD"] },
    ],
    env: { LOG_LEVEL: "debug" },
  }),
);

/** In the name of every object: it must not be in any span. */
const secretKey = "a-secret-key";
const key = `${secretKey}/photo.jpg`;

const telemetry = (collectorUrl: string) => ({
  NODE_OPTIONS: `--import ${program.telemetryUrl}`,
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
  OTEL_BSP_SCHEDULE_DELAY: "20",
});

let server: RunningProgram;
let url: string;
beforeAll(async () => {
  server = program.start({ ...prepared.env, ...telemetry(collector.url) });
  url = await server.ready;
  await prepared.seed(key, "hello");
  // From now on, anonymous callers have a session, and the bucket's region is known.
  await downloadUrl(new GraphQLClient(url), { bucket, key });
});

/** A caller whose requests belong to a trace that the client has started. */
function startTrace(headers: Record<string, string> = {}, { sampled = true } = {}) {
  const traceId = randomBytes(16).toString("hex");
  const clientSpanId = randomBytes(8).toString("hex");
  const traceparent = `00-${traceId}-${clientSpanId}-${sampled ? "01" : "00"}`;
  const spans = () => collector.spans.filter((span) => span.traceId === traceId);
  return {
    traceId,
    client: new GraphQLClient(url, { traceparent, ...headers }),
    /** The spans of the trace, when the request's own has arrived. It is the last one to end. */
    async spans(): Promise<readonly CollectedSpan[]> {
      await expect.poll(() => spans().some((span) => span.parentSpanId === clientSpanId)).toBe(true);
      return spans();
    },
    async tree(): Promise<SpanTree> {
      return treeOf(await this.spans(), clientSpanId);
    },
  };
}

const tokenOf = async (sub: string) => ({ authorization: `Bearer ${await issuer.token({ sub })}` });

const request = "POST /graphql";
const upload = (name: string) => ({ bucket, key: name, contentType: "image/jpeg" });

describe("the spans of", () => {
  test("a caller's first downloadUrl are the request, the operation, AssumeRole and HEAD", async () => {
    const trace = startTrace(await tokenOf("newcomer"));
    await downloadUrl(trace.client, { bucket, key });
    expect(await trace.tree()).toEqual({
      [request]: { query: { "STS/AssumeRole": {}, "S3/HeadObject": {} } },
    });
    const spans = await trace.spans();
    expect(Object.fromEntries(spans.map(({ name, kind }) => [name, kind]))).toEqual({
      [request]: "SERVER",
      query: "INTERNAL",
      "STS/AssumeRole": "CLIENT",
      "S3/HeadObject": "CLIENT",
    });
    expect(spans[0]?.resource).toMatchObject({ "service.name": "valetkey" });
    const attributes = Object.fromEntries(spans.map((span) => [span.name, span.attributes]));
    expect(attributes).toEqual({
      [request]: {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
      },
      query: { "graphql.operation.type": "query" },
      "STS/AssumeRole": { "rpc.system": "aws-api", "rpc.service": "STS", "rpc.method": "AssumeRole" },
      "S3/HeadObject": { "rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "HeadObject" },
    });
  });

  test("a prepared operation are the same, without AssumeRole", async () => {
    const trace = startTrace();
    await downloadUrl(trace.client, { bucket, key });
    expect(await trace.tree()).toEqual({ [request]: { query: { "S3/HeadObject": {} } } });
  });

  test("an operation with a name have it as an attribute, and not in the span's name", async () => {
    const trace = startTrace();
    await trace.client.data("query WhoAmI { viewer { authenticated } }");
    const longName = startTrace();
    await longName.client.data(`query ${"n".repeat(65)} { viewer { authenticated } }`);
    expect(await trace.tree()).toEqual({ [request]: { query: {} } });
    expect((await trace.spans())[0]?.attributes).toMatchObject({ "graphql.operation.name": "WhoAmI" });
    expect((await longName.spans())[0]?.attributes).not.toHaveProperty("graphql.operation.name");
  });

  test("requestUpload include no call to S3", async () => {
    const trace = startTrace();
    await requestUpload(trace.client, "PUT", { input: upload(`${secretKey}/new`), size: 10 });
    expect(await trace.tree()).toEqual({ [request]: { mutation: {} } });
  });

  test("uploadFile are a streamed upload with PutObject, or with the calls of a multipart upload", async () => {
    const small = startTrace();
    await uploadFile(small.client, new Blob(["hello"]), upload(`${secretKey}/small`));
    expect(await small.tree()).toEqual({
      [request]: { mutation: { "streamed upload": { "S3/PutObject": {} } } },
    });
    const large = startTrace();
    const body = new Blob([Buffer.alloc(6 * 2 ** 20)]);
    await uploadFile(large.client, body, upload(`${secretKey}/large`));
    expect(await large.tree()).toEqual({
      [request]: {
        mutation: {
          "streamed upload": {
            "S3/CreateMultipartUpload": {},
            "S3/UploadPart": {},
            "S3/UploadPart #2": {},
            "S3/CompleteMultipartUpload": {},
          },
        },
      },
    });
  });

  test("a batch are one operation with a HEAD for each distinct object", async () => {
    const objects = ["a", "b", "c", "a"].map((name) => ({ bucket, key: `${secretKey}/${name}` }));
    for (const object of objects) await prepared.seed(object.key, "hello");
    const trace = startTrace();
    await trace.client.data(
      "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: true) { url } }",
      { objects },
    );
    expect(await trace.tree()).toEqual({
      [request]: { query: { "S3/HeadObject": {}, "S3/HeadObject #2": {}, "S3/HeadObject #3": {} } },
    });
  });
});

describe("an error", () => {
  test("of the request is named in the spans, and their status is unset", async () => {
    const trace = startTrace();
    await expect(downloadUrl(trace.client, { bucket: "not-granted", key })).rejects.toThrow();
    expect(await trace.tree()).toEqual({ [request]: { "query ?FORBIDDEN": {} } });

    const malformed = startTrace();
    await malformed.client.request("{");
    expect(await malformed.tree()).toEqual({
      [`${request} ?400`]: { "GraphQL operation ?GRAPHQL_PARSE_FAILED": {} },
    });

    const badToken = startTrace({ authorization: "Bearer not-a-token" });
    await badToken.client.request("{ viewer { authenticated } }");
    expect(await badToken.tree()).toEqual({ [`${request} ?401`]: {} });
  });

  test("of STS gives the call and the operation the status ERROR", async () => {
    sts.break({ fault: "500", matches: () => true });
    const trace = startTrace(await tokenOf("without-a-session"));
    await expect(downloadUrl(trace.client, { bucket, key })).rejects.toMatchObject({
      code: "CREDENTIALS_UNAVAILABLE",
    });
    sts.heal();
    expect(await trace.tree()).toEqual({
      [request]: { "query !CREDENTIALS_UNAVAILABLE": { "STS/AssumeRole !error": {} } },
    });
  });

  test("of S3 gives the call and the operation the status ERROR", async () => {
    s3.break({ fault: "500", matches: ({ method }) => method === "HEAD" });
    const trace = startTrace();
    await expect(downloadUrl(trace.client, { bucket, key })).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
    });
    s3.heal();
    const [tree] = Object.values(await trace.tree());
    expect(Object.keys(tree ?? {})).toEqual(["query !STORAGE_UNAVAILABLE"]);
    const call = (await trace.spans()).find(({ name }) => name === "S3/HeadObject");
    expect(call).toMatchObject({ status: "ERROR", attributes: { "http.response.status_code": 500 } });
  });
});

test("a trace that the client does not sample has no spans", async () => {
  const unsampled = startTrace({}, { sampled: false });
  await downloadUrl(unsampled.client, { bucket, key });
  const later = startTrace();
  await downloadUrl(later.client, { bucket, key });
  await later.spans();
  expect(collector.spans.filter(({ traceId }) => traceId === unsampled.traceId)).toEqual([]);
});

test("the lines of the log have the trace and the span of their request", async () => {
  const trace = startTrace();
  await downloadUrl(trace.client, { bucket, key });
  const [operation, whole] = (await trace.spans()).slice(-2);
  const line = (message: string) =>
    server.lines.find(({ msg, trace_id }) => msg === message && trace_id === trace.traceId);
  await expect.poll(() => line("answered a request")).toMatchObject({ span_id: whole?.spanId });
  expect(operation?.name).toBe("query");

  const refused = startTrace({ authorization: "Bearer not-a-token" });
  await refused.client.request("{ viewer { authenticated } }");
  await expect.poll(() => server.lines.some(({ trace_id }) => trace_id === refused.traceId)).toBe(true);
});

test("no span contains a key, a bucket, a token, a URL, an ARN or a principal", async () => {
  const { authorization } = await tokenOf("a-secret-subject");
  const trace = startTrace({ authorization });
  await downloadUrl(trace.client, { bucket, key });
  await trace.spans();
  const text = collector.text();
  expect(text).toContain("S3/HeadObject");
  const { baseCredentials, roleArn } = store;
  for (const secret of [
    secretKey,
    authorization,
    "a-secret-subject",
    roleArn,
    ...Object.values(baseCredentials),
  ]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toMatch(/arn:|https?:|X-Amz-|Bearer|127\.0\.0\.1/i);
  for (const { attributes } of collector.spans) {
    for (const value of Object.values(attributes)) expect(String(value)).not.toContain(bucket);
  }
});

describe("requests and the shutdown are unharmed by a collector that", () => {
  const patience = { OTEL_EXPORTER_OTLP_TIMEOUT: "600000", OTEL_BSP_EXPORT_TIMEOUT: "600000" };
  const withCollectorAt = (collectorUrl: string) =>
    program.start({ ...prepared.env, ...telemetry(collectorUrl), ...patience });

  async function expectUnharmed(running: RunningProgram): Promise<void> {
    const client = new GraphQLClient(await running.ready);
    for (let count = 0; count < 3; count += 1) await downloadUrl(client, { bucket, key });
    running.process.kill("SIGTERM");
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  }

  test("is down", () => expectUnharmed(withCollectorAt("http://127.0.0.1:9")));

  test("responds with 500", async () => {
    await using failing = await startOtlpCollector("fail");
    await expectUnharmed(withCollectorAt(failing.url));
    expect(failing.paths).toContain("/v1/traces");
  });

  test("never responds", async () => {
    await using stalling = await startOtlpCollector("stall");
    await expectUnharmed(withCollectorAt(stalling.url));
    expect(stalling.paths).toContain("/v1/traces");
  });
});

test("the shutdown exports the last spans", async () => {
  await using own = await startOtlpCollector();
  const running = program.start({
    ...prepared.env,
    ...telemetry(own.url),
    OTEL_BSP_SCHEDULE_DELAY: "600000",
    OTEL_SERVICE_NAME: "files",
  });
  await downloadUrl(new GraphQLClient(await running.ready), { bucket, key });
  running.process.kill("SIGTERM");
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(own.spans.map(({ name }) => name)).toContain(request);
  expect(own.spans[0]?.resource).toMatchObject({ "service.name": "files" });
});

test("no span is exported when the sampler is off", async () => {
  await using own = await startOtlpCollector();
  const running = program.start({
    ...prepared.env,
    ...telemetry(own.url),
    OTEL_TRACES_SAMPLER: "always_off",
  });
  await downloadUrl(new GraphQLClient(await running.ready), { bucket, key });
  running.process.kill("SIGTERM");
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(own.paths).toEqual([]);
});

test.each([
  ["records spans by default", {}, "true"],
  ["does nothing if the SDK is disabled", { OTEL_SDK_DISABLED: "true" }, "false"],
  ["does nothing without an exporter", { OTEL_TRACES_EXPORTER: "none" }, "false"],
])("valetkey/telemetry %s", async (_case, variables, isRegistered) => {
  const api = import.meta.resolve("@opentelemetry/api");
  const script = `import { trace } from "${api}"; console.log(trace.getTracer("").startSpan("").isRecording())`;
  const parameters = ["--import", program.telemetryUrl, "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, {
    env: { PATH: process.env.PATH, ...variables },
  });
  expect(stdout.trim()).toBe(isRegistered);
});
