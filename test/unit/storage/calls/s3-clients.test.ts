import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterEach, describe, expect, test } from "vitest";
import type { RoleSession } from "../../../../src/access/role-session.ts";
import { Buckets } from "../../../../src/core/bucket-settings.ts";
import { createMetrics } from "../../../../src/core/metrics.ts";
import { parseBucketName, type Region } from "../../../../src/core/object-address.ts";
import { S3Clients, type S3ClientsOptions } from "../../../../src/storage/calls/s3-clients.ts";
import { Endpoints } from "../../../../src/storage/client/endpoints.ts";
import { toStorageError } from "../../../../src/storage/client/to-storage-error.ts";
import { eu } from "../arbitraries.ts";

const inEurope = { bucket: parseBucketName("photos"), region: eu };

const there = { Bucket: "photos", Key: "a.txt" };
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function session(accessKeyId = "ASIA1"): RoleSession {
  return {
    credentials: { accessKeyId, secretAccessKey: "secret", sessionToken: "token" },
    // Within the time before the end in which the SDK would ask for new credentials again and again.
    expiresAt: new Date(Date.now() + 10_000),
    sessionName: "test",
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function clientsOf(listener: RequestListener, options: Partial<S3ClientsOptions> = {}) {
  const metrics = createMetrics();
  const endpoint = await listen(createServer(listener));
  const buckets = new Buckets();
  const endpoints = new Endpoints({ forcePathStyle: true, endpoint, buckets });
  const clients = new S3Clients({ endpoints, buckets, metrics, maxAttempts: 1, ...options });
  closing.push(() => clients.close());
  const observed = async () =>
    (await metrics.s3RequestDuration.get()).values
      .filter(({ metricName }) => metricName?.endsWith("_count"))
      .map(({ labels, value }) => [labels.operation, labels.outcome, value]);
  return { clients, observed };
}

describe("S3Clients", () => {
  test("creates one client for each session and region", async () => {
    const { clients } = await clientsOf((_, response) => response.end());
    const first = session();
    expect(clients.for(first, inEurope)).toBe(clients.for(first, inEurope));
    expect(clients.for(first, inEurope)).not.toBe(
      clients.for(first, { ...inEurope, region: "us-east-1" as Region }),
    );
    expect(clients.for(first, inEurope)).not.toBe(clients.for(session(), inEurope));
  });

  test("signs with the session and shares connections between sessions", async () => {
    const credentials: string[] = [];
    const connections = new Set<unknown>();
    const { clients } = await clientsOf((request, response) => {
      credentials.push(/Credential=(\w+)/.exec(request.headers.authorization ?? "")?.[1] ?? "");
      connections.add(request.socket);
      // Without a length Node's server would close the connection.
      response.setHeader("content-length", "0").end();
    });
    for (const id of ["ASIA1", "ASIA2", "ASIA3", "ASIA4"]) {
      await clients.for(session(id), inEurope).send(new HeadObjectCommand(there));
    }
    expect(credentials).toEqual(["ASIA1", "ASIA2", "ASIA3", "ASIA4"]);
    expect(connections.size).toBeLessThan(4);
  });

  test("hashes every body for the signature except files", async () => {
    const hashes: unknown[] = [];
    const { clients } = await clientsOf((request, response) => {
      hashes.push(request.headers["x-amz-content-sha256"]);
      request.resume().on("end", () => response.setHeader("content-length", "0").end());
    });
    const client = clients.for(session(), inEurope);
    await client.send(new PutObjectCommand({ ...there, Body: "a" }));
    await client.send(new HeadObjectCommand(there));
    expect(hashes).toEqual(["UNSIGNED-PAYLOAD", expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  test("adds no checksum and no other credentials of its own", async () => {
    let headers: IncomingMessage["headers"] = {};
    const { clients } = await clientsOf((request, response) => {
      headers = request.headers;
      request.resume().on("end", () => response.end());
    });
    await clients.for(session(), inEurope).send(new PutObjectCommand({ ...there, Body: "abc" }));
    expect(headers["x-amz-security-token"]).toBe("token");
    expect(Object.keys(headers).filter((name) => name.includes("checksum"))).toEqual([]);
  });

  test("observes duration by operation and outcome", async () => {
    const statuses = [200, 404, 503];
    const { clients, observed } = await clientsOf((_, response) => {
      response.statusCode = statuses.shift() ?? 200;
      response.end();
    });
    const client = clients.for(session(), inEurope);
    await client.send(new HeadObjectCommand(there));
    await expect(client.send(new HeadObjectCommand(there))).rejects.toThrow();
    await expect(client.send(new HeadObjectCommand(there))).rejects.toThrow();
    expect(await observed()).toEqual([
      ["HeadObject", "ok", 1],
      ["HeadObject", "client_error", 1],
      ["HeadObject", "server_error", 1],
    ]);
  });

  test("repeats a call up to the given number of attempts", async () => {
    let attempts = 0;
    const listener: RequestListener = (_, response) => {
      attempts += 1;
      response.statusCode = 503;
      response.end();
    };
    const { clients } = await clientsOf(listener, { maxAttempts: 2 });
    await expect(clients.for(session(), inEurope).send(new HeadObjectCommand(there))).rejects.toThrow();
    expect(attempts).toBe(2);
  });

  test("does not wait for a store that never responds", async () => {
    const { clients, observed } = await clientsOf(() => {}, { requestTimeoutMs: 50 });
    const call = clients.for(session(), inEurope).send(new HeadObjectCommand(there));
    await expect(call).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await observed()).toEqual([["HeadObject", "unreachable", 1]]);
  });

  test("reads a list only up to a limit", async () => {
    let requests = 0;
    const { clients, observed } = await clientsOf(
      (_, response) => {
        requests += 1;
        response.end(Buffer.alloc(9 * 1024 * 1024, "a"));
      },
      { maxAttempts: 2 },
    );
    const call = clients.for(session(), inEurope).send(new ListObjectsV2Command({ Bucket: "photos" }));
    const error = toStorageError(await call.catch((cause: unknown) => cause), { operation: "ListObjectsV2" });
    expect(error.code).toBe("STORAGE_UNAVAILABLE");
    expect(requests).toBe(1);
    expect(await observed()).toEqual([["ListObjectsV2", "client_error", 1]]);
  });

  test("repeats a list whose response ends early", async () => {
    let requests = 0;
    const { clients } = await clientsOf(
      (_, response) => {
        requests += 1;
        response.setHeader("content-length", "100").write("<ListBucketResult>", () => {
          if (requests === 1) response.destroy();
          else response.end("</ListBucketResult>".padEnd(82));
        });
      },
      { maxAttempts: 2 },
    );
    await clients.for(session(), inEurope).send(new ListObjectsV2Command({ Bucket: "photos" }));
    expect(requests).toBe(2);
  });

  test("does not wait for a deletion or the beginning of an upload, which are POSTs too", async () => {
    const { clients } = await clientsOf((request) => request.resume(), { requestTimeoutMs: 50 });
    const client = clients.for(session(), inEurope);
    const timeout = { name: "TimeoutError" };
    const deletion = new DeleteObjectsCommand({ Bucket: "photos", Delete: { Objects: [{ Key: "a.txt" }] } });
    await expect(client.send(deletion)).rejects.toMatchObject(timeout);
    await expect(client.send(new CreateMultipartUploadCommand(there))).rejects.toMatchObject(timeout);
  });

  test("lets a call wait for its turn, and does not count that as time to connect", async () => {
    const arrived: ServerResponse[] = [];
    const { clients } = await clientsOf((_, response) => void arrived.push(response), {
      maxCalls: 1,
      connectTimeoutMs: 500,
    });
    const respond = async (number: number) => {
      await expect.poll(() => arrived.length).toBe(number);
      arrived[number - 1]?.setHeader("content-length", "0").end();
    };
    const client = clients.for(session(), inEurope);
    const first = client.send(new HeadObjectCommand(there));
    const second = client.send(new HeadObjectCommand(there));
    await sleep(700);
    await respond(1);
    await first;
    await respond(2);
    await second;
  });

  test("refuses a call that has waited too long for its turn", async () => {
    const { clients } = await clientsOf(() => {}, { maxCalls: 1, maxWaitMs: 20, maxAttempts: 3 });
    const client = clients.for(session(), inEurope);
    const first = client.send(new HeadObjectCommand(there));
    first.catch(() => {});
    await expect(client.send(new HeadObjectCommand(there))).rejects.toMatchObject({
      code: "OVERLOADED",
      retryable: true,
    });
  });

  test("allows a call that stores an object more time while bytes are moving", async () => {
    const listener: RequestListener = async (request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "application/xml" });
      for (let i = 0; i < 4; i++) {
        await sleep(50);
        response.write(" ");
      }
      response.end("<CopyObjectResult><ETag>abc</ETag></CopyObjectResult>");
    };
    const { clients } = await clientsOf(listener, { requestTimeoutMs: 50, idleTimeoutMs: 5_000 });
    const copy = new CopyObjectCommand({ ...there, CopySource: "photos/b.txt" });
    expect((await clients.for(session(), inEurope).send(copy)).CopyObjectResult?.ETag).toBe("abc");
  });

  test("ends a call that stores an object when no bytes move", async () => {
    const { clients } = await clientsOf((request) => request.resume(), {
      requestTimeoutMs: 5_000,
      idleTimeoutMs: 50,
    });
    const call = clients.for(session(), inEurope).send(new PutObjectCommand({ ...there, Body: "abc" }));
    await expect(call).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
