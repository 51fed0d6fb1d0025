import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AssumeRoleOptions, createAssumeRole } from "../../src/access/assume-role.ts";
import { SkewCorrectedClock } from "../../src/core/clock.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import { startHttpServer } from "../support/listening.ts";
import { shareInFile } from "../support/share-in-file.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let answer: Answer;
let received: { form: URLSearchParams; headers: IncomingMessage["headers"] }[];
const { url: endpoint } = await shareInFile(
  startHttpServer(async (request, response) => {
    received.push({ form: new URLSearchParams(await text(request)), headers: request.headers });
    answer(response, request);
  }),
);

beforeEach(() => {
  received = [];
});
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

const credentials = (expiration: string) => `<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>
  <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
  <Expiration>${expiration}</Expiration></Credentials>`;
const success = (result: string) =>
  `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>${result}</AssumeRoleResult></AssumeRoleResponse>`;
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
const xml =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": "text/xml", ...headers }).end(body);
const awsError = (status: number, code: string) =>
  xml(
    status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>
     <Message>User: arn:aws:iam::111122223333:user/x is not authorized</Message></Error></ErrorResponse>`,
  );
const ceph = (status: number) => xml(status, "<Error><Code>AccessDenied</Code></Error>");

const metrics = createMetrics();

function assumeRoleWith(options: Partial<AssumeRoleOptions> = {}) {
  const assumeRole = createAssumeRole({
    role: { arn: "arn:aws:iam::111122223333:role/valetkey", sessionSeconds: 3600 },
    region: "eu-central-1",
    endpoint,
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" },
    clock: new SkewCorrectedClock(),
    metrics,
    maxAttempts: 1,
    // A busy machine must not reach them. Tests of a timeout shorten them.
    attemptTimeoutMs: 60_000,
    timeoutMs: 60_000,
    ...options,
  });
  opened.push(assumeRole);
  return assumeRole;
}

const request = { sessionName: "alice", policy: '{"Version":"2012-10-17","Statement":[]}' };

describe("AssumeRole", () => {
  test("sends the request's parameters and returns the credentials", async () => {
    answer = xml(200, success(credentials(inSeconds(3600))));
    const role = {
      arn: "arn:aws:iam::111122223333:role/valetkey",
      sessionSeconds: 900,
      externalId: "shared-secret",
    };
    const session = await assumeRoleWith({ role })({
      ...request,
      tags: { "valetkey:sub": "alice" },
      sourceIdentity: "alice",
    });
    expect(session.credentials).toEqual({
      accessKeyId: "ASIAEXAMPLE",
      secretAccessKey: "secret",
      sessionToken: "token",
    });
    expect(session.sessionName).toBe("alice");
    expect(Object.fromEntries(received[0]?.form ?? [])).toMatchObject({
      Action: "AssumeRole",
      RoleArn: role.arn,
      RoleSessionName: "alice",
      DurationSeconds: "900",
      Policy: request.policy,
      ExternalId: "shared-secret",
      SourceIdentity: "alice",
      "Tags.member.1.Key": "valetkey:sub",
      "Tags.member.1.Value": "alice",
    });
  });

  test("sends no parameter that is not configured", async () => {
    answer = xml(200, success(credentials(inSeconds(3600))));
    await assumeRoleWith()(request);
    const names = [...(received[0]?.form.keys() ?? [])];
    expect(names.filter((name) => /ExternalId|SourceIdentity|Tags/.test(name))).toEqual([]);
  });

  test.each<[string, string, Answer]>([
    ["AWS refuses", "refused", awsError(403, "AccessDenied")],
    ["AWS finds the policy too large", "refused", awsError(400, "PackedPolicyTooLarge")],
    ["a store refuses in S3's words", "refused", ceph(403)],
    ["a store knows no such role", "refused", ceph(404)],
    ["AWS throttles", "throttled", awsError(400, "Throttling")],
    ["a proxy throttles", "throttled", xml(429, "slow down")],
    ["the service fails", "error", awsError(500, "InternalFailure")],
    ["a proxy has nothing behind it", "error", xml(503, "<html>")],
    ["the response is not XML", "error", xml(200, "garbage")],
    ["the response is empty", "error", xml(200, "")],
    ["there are no credentials", "error", xml(200, success(""))],
    [
      "the token is missing",
      "error",
      xml(200, success(credentials(inSeconds(60)).replace(/<SessionToken>.*n>/, ""))),
    ],
    ["the expiration is no date", "error", xml(200, success(credentials("soon")))],
    [
      "the expiration is missing",
      "error",
      xml(200, success(credentials("x").replace(/<Expiration>.*n>/, ""))),
    ],
    ["the credentials are dead", "error", xml(200, success(credentials(inSeconds(-1))))],
    ["the connection breaks", "error", (response) => response.destroy()],
    [
      "the connection breaks during the response",
      "error",
      (response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("<Assume", () => response.destroy());
      },
    ],
    ["the service says nothing", "timeout", () => undefined],
    [
      "the response never ends",
      "timeout",
      (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ])("when %s: %s", async (_, failure, how) => {
    answer = how;
    const before = await counted(failure);
    const timeouts = failure === "timeout" ? { attemptTimeoutMs: 200, timeoutMs: 400 } : {};
    const error: Error = await assumeRoleWith(timeouts)(request).then(
      () => new Error("it resolved"),
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ name: "AssumeRoleError", failure });
    expect(error.message).not.toMatch(/arn:|1111/);
    expect(await counted(failure)).toBe(before + 1);
  });

  test("when the connection is refused: error", async () => {
    await expect(assumeRoleWith({ endpoint: "http://127.0.0.1:9" })(request)).rejects.toMatchObject({
      failure: "error",
    });
  });

  test("when there are no base credentials: error, and nothing is sent", async () => {
    const none = () => Promise.reject(new Error("no credentials in arn:aws:iam::111122223333:role/x"));
    await expect(assumeRoleWith({ credentials: none })(request)).rejects.toMatchObject({ failure: "error" });
    expect(received).toEqual([]);
  });

  test("retries a passing failure", async () => {
    let calls = 0;
    answer = (...exchange) => {
      calls += 1;
      const how =
        calls === 1 ? awsError(500, "InternalFailure") : xml(200, success(credentials(inSeconds(60))));
      how(...exchange);
    };
    await expect(assumeRoleWith({ maxAttempts: 2 })(request)).resolves.toBeDefined();
    expect(calls).toBe(2);
  });
});

describe("clock skew", () => {
  test("is read from the Date header of any response, and corrected", async () => {
    for (const hours of [-2, 2]) {
      const clock = new SkewCorrectedClock();
      const date = new Date(Date.now() + hours * 3_600_000).toUTCString();
      answer = (response, incoming) => {
        response.sendDate = false;
        xml(403, "<Error/>", { date })(response, incoming);
      };
      await expect(assumeRoleWith({ clock })(request)).rejects.toThrow();
      expect(Math.abs(clock.skewMs - hours * 3_600_000)).toBeLessThan(600_000);
    }
  });

  test("does not make live credentials look dead", async () => {
    const clock = new SkewCorrectedClock();
    const awsNowMs = Date.now() - 2 * 3_600_000;
    answer = (response, incoming) => {
      response.sendDate = false;
      const body = success(credentials(new Date(awsNowMs + 3_600_000).toISOString()));
      xml(200, body, { date: new Date(awsNowMs).toUTCString() })(response, incoming);
    };
    const session = await assumeRoleWith({ clock })(request);
    expect(session.expiresAt.getTime() - clock.now()).toBeGreaterThan(3_500_000);
  });
});

async function counted(outcome: string): Promise<number> {
  const { values } = await metrics.assumeRole.get();
  return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
}
