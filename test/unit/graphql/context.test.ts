import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { BucketAddress } from "../../../src/core/object-address.ts";
import { anonymous } from "../../../src/core/principal.ts";
import { RequestContext, type RequestContextOptions } from "../../../src/graphql/context.ts";
import type { Services } from "../../../src/graphql/services.ts";
import { BucketRegions } from "../../../src/storage/client/bucket-regions.ts";

const address = { bucket: "demo", region: "us-east-1" } as BucketAddress;
const session = { credentials: {}, expiresAt: new Date(), sessionName: "anonymous" };

function contextOf({
  maxRequestMs = 60_000,
  ...caller
}: Partial<RequestContextOptions> & { maxRequestMs?: number }) {
  const services = {
    maxRequestMs,
    bucketRegions: new BucketRegions({ allowed: [address.region] }),
    roles: { of: () => ({ sessions: { get: async () => session } }) },
    s3Clients: { for: () => ({}) },
  } as unknown as Services;
  const log = pino({ level: "silent" });
  const connection = { destroyed: false };
  return new RequestContext(services, {
    ...{ principal: anonymous, grants: [], requestId: "1", log, connection, sendsFiles: false },
    ...caller,
  });
}

const ask = (context: RequestContext) => context.callS3(address, async () => "answered");

describe("a call to S3", () => {
  test("starts while the client waits for the response", async () => {
    await expect(ask(contextOf({}))).resolves.toBe("answered");
  });

  test("does not start when the request has taken too long", async () => {
    await expect(ask(contextOf({ maxRequestMs: -1 }))).rejects.toMatchObject({
      code: "TIMEOUT",
      retryable: true,
    });
  });

  test("starts at any time in a request with files", async () => {
    await expect(ask(contextOf({ maxRequestMs: -1, sendsFiles: true }))).resolves.toBe("answered");
  });

  test("does not start when the client has disconnected", async () => {
    const connection = { destroyed: false };
    const context = contextOf({ connection });
    await ask(context);
    connection.destroyed = true;
    await expect(ask(context)).rejects.toMatchObject({ code: "TIMEOUT" });
  });
});

describe("a signature that takes time", () => {
  test("is one of two at most that the request makes at the same time", async () => {
    const context = contextOf({});
    let running = 0;
    let mostAtOnce = 0;
    const signing = Array.from({ length: 20 }, (_, index) =>
      context.inTurnToSign(async () => {
        running += 1;
        mostAtOnce = Math.max(mostAtOnce, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return index;
      }),
    );
    expect(await Promise.all(signing)).toEqual(signing.map((_, index) => index));
    expect(mostAtOnce).toBe(2);
  });

  test("is not started after the client has disconnected, or when the request has taken too long", async () => {
    const connection = { destroyed: false };
    const context = contextOf({ connection });
    let made = 0;
    const sign = async () => {
      made += 1;
      connection.destroyed = true;
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => context.inTurnToSign(sign)));
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(4);
    expect(made).toBe(1);
    await expect(contextOf({ maxRequestMs: -1 }).inTurnToSign(sign)).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  });
});
