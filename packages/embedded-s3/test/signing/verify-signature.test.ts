import { createHash } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/store-error.ts";
import { verifySignature } from "../../src/signing/verify-signature.ts";
import type { WireRequest } from "../../src/signing/wire-request.ts";
import { accessKeys, exampleKeys, issueSession, now } from "../store-keys.ts";

const keys = accessKeys();
const emptySha256 = createHash("sha256").digest("hex");

function seconds(count: number): Date {
  return new Date(now.getTime() + count * 1000);
}

function fault(properties: Partial<Pick<StoreError, "status" | "code" | "message">>) {
  return expect.objectContaining(properties);
}

describe("AWS's published examples", () => {
  const may2013 = new Date("2013-05-24T00:00:00Z");

  function example(options: {
    method?: string;
    path: string;
    query?: string;
    headers?: Record<string, string>;
    signedHeaders: string;
    signature: string;
    sha256?: string;
  }): WireRequest {
    return {
      method: options.method ?? "GET",
      path: options.path,
      query: options.query ?? "",
      headers: {
        host: "examplebucket.s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-content-sha256": options.sha256 ?? emptySha256,
        ...options.headers,
        authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${options.signedHeaders},Signature=${options.signature}`,
      },
    };
  }

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  const examples = {
    "GET Object": example({
      path: "/test.txt",
      headers: { range: "bytes=0-9" },
      signedHeaders: "host;range;x-amz-content-sha256;x-amz-date",
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    }),
    "PUT Object": example({
      method: "PUT",
      path: "/test%24file.text",
      headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      signedHeaders: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      sha256: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    }),
    "GET Bucket Lifecycle": example({
      path: "/",
      query: "lifecycle",
      signedHeaders: "host;x-amz-content-sha256;x-amz-date",
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    }),
    "Get Bucket (List Objects)": example({
      path: "/",
      query: "max-keys=2&prefix=J",
      signedHeaders: "host;x-amz-content-sha256;x-amz-date",
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    }),
  };

  test.each(Object.entries(examples))("%s", (_, request) => {
    const verified = verifySignature(request, keys, may2013, "s3");
    expect(verified).toMatchObject({
      identity: { kind: "base", arn: "arn:aws:iam::000000000000:user/valetkey" },
      region: "us-east-1",
      presigned: false,
      payload: { kind: "sha256", hex: request.headers["x-amz-content-sha256"] },
    });
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  test("verifies a presigned URL", () => {
    const request = {
      method: "GET",
      path: "/test.txt",
      query:
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
      headers: { host: "examplebucket.s3.amazonaws.com" },
    };
    expect(verifySignature(request, keys, may2013, "s3")).toMatchObject({
      presigned: true,
      payload: { kind: "unsigned" },
    });
  });
});

describe("presigned by the AWS SDK", () => {
  const session = issueSession(keys);
  const client = new S3Client({
    region: "eu-west-1",
    endpoint: "http://127.0.0.1:9000",
    forcePathStyle: true,
    credentials: session,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });

  async function presign(
    command: GetObjectCommand | PutObjectCommand,
    expiresIn = 600,
    unhoistableHeaders: string[] = [],
  ): Promise<WireRequest> {
    const url = new URL(
      await getSignedUrl(client, command, {
        expiresIn,
        signingDate: now,
        unhoistableHeaders: new Set(unhoistableHeaders),
      }),
    );
    const method = command instanceof GetObjectCommand ? "GET" : "PUT";
    return { method, path: url.pathname, query: url.search.slice(1), headers: { host: url.host } };
  }

  test("accepts any key and any override", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
    const key = text.filter((value) => !/(^|\/)\.{1,2}(\/|$)/.test(value));
    await fc.assert(
      fc.asyncProperty(key, text, async (Key, ContentDisposition) => {
        const input = { Bucket: "photos", Key, ResponseContentDisposition: ContentDisposition };
        const request = await presign(new GetObjectCommand(input));
        expect(verifySignature(request, keys, now, "s3")).toMatchObject({
          identity: { kind: "session", userId: expect.stringMatching(/:alice$/) },
          region: "eu-west-1",
          presigned: true,
          payload: { kind: "unsigned" },
        });
      }),
      { numRuns: 50 },
    );
  });

  test("refuses a signed header that was changed", async () => {
    const input = { Bucket: "photos", Key: "a", ContentLength: 5, Metadata: { name: "a  b" } };
    const request = await presign(new PutObjectCommand(input), 600, ["x-amz-meta-name"]);
    const send = (headers: Record<string, string>) =>
      verifySignature({ ...request, headers: { ...request.headers, ...headers } }, keys, now, "s3");
    expect(send({ "content-length": "5", "x-amz-meta-name": " a b " }).presigned).toBe(true);
    const mismatch = fault({ status: 403, code: "SignatureDoesNotMatch" });
    expect(() => send({ "content-length": "6", "x-amz-meta-name": "a b" })).toThrow(mismatch);
    expect(() => send({ "content-length": "5", "x-amz-meta-name": "b" })).toThrow(mismatch);
    expect(() => send({ "content-length": "5" })).toThrow(mismatch);
  });

  test("refuses an x-amz- header that is not signed", async () => {
    const request = await presign(new PutObjectCommand({ Bucket: "photos", Key: "a" }));
    const headers = { ...request.headers, "x-amz-acl": "public-read", "content-type": "text/html" };
    expect(() => verifySignature({ ...request, headers }, keys, now, "s3")).toThrow(
      expect.objectContaining({
        code: "AccessDenied",
        message: "There were headers present in the request which were not signed",
        details: { HeadersNotSigned: "x-amz-acl" },
      }),
    );
  });

  test("is valid from 15 minutes before its signing until its last second", async () => {
    const request = await presign(new GetObjectCommand({ Bucket: "photos", Key: "a" }), 600);
    const at = (date: Date) => () => verifySignature(request, keys, date, "s3").presigned;
    expect(at(seconds(-900))()).toBe(true);
    expect(at(seconds(-901))).toThrow(fault({ code: "AccessDenied", message: "Request is not yet valid" }));
    expect(at(seconds(600))()).toBe(true);
    expect(at(seconds(601))).toThrow(
      fault({ status: 403, code: "AccessDenied", message: "Request has expired" }),
    );
  });

  test("expires with the credentials that signed it", async () => {
    const request = await presign(new GetObjectCommand({ Bucket: "photos", Key: "a" }), 86_400);
    expect(verifySignature(request, keys, seconds(3599), "s3").presigned).toBe(true);
    expect(() => verifySignature(request, keys, seconds(3600), "s3")).toThrow(
      fault({ status: 400, code: "ExpiredToken" }),
    );
  });

  test("is refused without its session token", async () => {
    const request = await presign(new GetObjectCommand({ Bucket: "photos", Key: "a" }));
    const query = request.query.replace(/X-Amz-Security-Token=[^&]*&/, "");
    expect(() => verifySignature({ ...request, query }, keys, now, "s3")).toThrow(
      fault({ status: 403, code: "InvalidAccessKeyId" }),
    );
  });

  test("is refused with any other character at any place", async () => {
    const request = await presign(new GetObjectCommand({ Bucket: "photos", Key: "a/b c" }));
    const parts = ["path", "query", "method"] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...parts),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (part, at, by) => {
          const text = request[part];
          const index = at % text.length;
          const changed = text.slice(0, index) + by + text.slice(index + 1);
          fc.pre(decodable(changed) !== decodable(text));
          expect(() => verifySignature({ ...request, [part]: changed }, keys, now, "s3")).toThrow(StoreError);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ["one parameter missing", /X-Amz-Expires=600&/, ""],
    ["a parameter twice", /X-Amz-Expires=600/, "X-Amz-Expires=600&X-Amz-Expires=700"],
    ["another algorithm", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"],
    ["a malformed date", "20260301T120000Z", "2026-03-01"],
    ["a date that is not in the calendar", "20260301T120000Z", "20260231T120000Z"],
    ["the credential of another day", "%2F20260301%2F", "%2F20260302%2F"],
    ["the credential of another service", "%2Fs3%2F", "%2Fsts%2F"],
    ["another terminal", "aws4_request", "aws5_request"],
    ["a short credential", "%2Fs3%2F", "%2F"],
    ["no time to live", "X-Amz-Expires=600", "X-Amz-Expires=0"],
    ["a negative time to live", "X-Amz-Expires=600", "X-Amz-Expires=-1"],
    ["more than a week to live", "X-Amz-Expires=600", "X-Amz-Expires=604801"],
    ["a fraction of a second to live", "X-Amz-Expires=600", "X-Amz-Expires=1.5"],
  ])("%s", async (_, from, to) => {
    const request = await presign(new GetObjectCommand({ Bucket: "photos", Key: "a" }));
    const query = request.query.replace(from, to);
    expect(query).not.toBe(request.query);
    expect(() => verifySignature({ ...request, query }, keys, now, "s3")).toThrow(
      fault({ status: 400, code: "AuthorizationQueryParametersError" }),
    );
  });

  function decodable(text: string): string {
    try {
      return decodeURIComponent(text.replaceAll("+", "%20"));
    } catch {
      return text;
    }
  }
});

describe("signed in the header by the AWS SDK", () => {
  const session = issueSession(keys);

  function capturing(credentials: typeof exampleKeys) {
    const requests: WireRequest[] = [];
    const config = {
      region: "us-east-1",
      endpoint: "http://127.0.0.1:9000",
      credentials,
      // Signs at `now`, whatever the time is.
      systemClockOffset: now.getTime() - Date.now(),
      requestHandler: {
        async handle(request: {
          method: string;
          path: string;
          query: object;
          headers: object;
          body?: unknown;
        }) {
          requests.push(wire(request));
          throw Object.assign(new Error("captured"), { body: request.body });
        },
      },
      maxAttempts: 1,
    };
    return { requests, s3: new S3Client({ ...config, forcePathStyle: true }), sts: new STSClient(config) };
  }

  function wire(request: { method: string; path: string; query: object; headers: object }): WireRequest {
    const query = Object.entries(request.query).map(
      ([name, value]) => `${name}=${encodeURIComponent(value)}`,
    );
    const headers = Object.entries(request.headers).map(([name, value]) => [
      name.toLowerCase(),
      String(value),
    ]);
    return { ...request, query: query.join("&"), headers: Object.fromEntries(headers) };
  }

  async function putRequest(credentials = exampleKeys): Promise<WireRequest> {
    const { requests, s3 } = capturing(credentials);
    const command = new PutObjectCommand({
      Bucket: "photos",
      Key: "a b/ü+.txt",
      Body: "hello",
      Metadata: { a: "b" },
    });
    await s3.send(command).catch(() => undefined);
    const [request] = requests;
    if (request === undefined) throw new Error("nothing was sent");
    return request;
  }

  test.each([
    ["the store's keys", exampleKeys, "base"],
    ["a session's", session, "session"],
  ])("PutObject with %s", async (_, credentials, kind) => {
    const request = await putRequest(credentials);
    const body = createHash("sha256").update("hello").digest("hex");
    expect(verifySignature(request, keys, now, "s3")).toMatchObject({
      identity: { kind },
      presigned: false,
      payload: { kind: "sha256", hex: body },
    });
  });

  test("covers the body of AssumeRole", async () => {
    const { requests, sts } = capturing(exampleKeys);
    const bodies: unknown[] = [];
    const command = new AssumeRoleCommand({ RoleArn: "arn", RoleSessionName: "alice" });
    await sts.send(command).catch((error: { body?: unknown }) => bodies.push(error.body));
    const [request] = requests;
    if (request === undefined) throw new Error("nothing was sent");
    const sha256 = createHash("sha256").update(String(bodies[0])).digest("hex");
    expect(verifySignature(request, keys, now, "sts", sha256)).toMatchObject({ identity: { kind: "base" } });
    expect(() => verifySignature(request, keys, now, "sts")).toThrow(
      fault({ code: "SignatureDoesNotMatch" }),
    );
    expect(() => verifySignature(request, keys, now, "s3")).toThrow(
      fault({ code: "AuthorizationHeaderMalformed" }),
    );
  });

  test("accepts a clock skew of at most 15 minutes", async () => {
    const request = await putRequest();
    for (const skew of [-890, 890]) {
      expect(verifySignature(request, keys, seconds(skew), "s3").presigned).toBe(false);
    }
    for (const skew of [-930, 930]) {
      const tooSkewed = fault({ status: 403, code: "RequestTimeTooSkewed" });
      expect(() => verifySignature(request, keys, seconds(skew), "s3")).toThrow(tooSkewed);
    }
  });

  test("refuses another value of any signed header", async () => {
    const request = await putRequest(session);
    const { authorization = "" } = request.headers;
    const signed = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(";") ?? [];
    expect(signed).toContain("x-amz-meta-a");
    for (const name of signed) {
      const headers = { ...request.headers, [name]: `${request.headers[name]}0` };
      expect(() => verifySignature({ ...request, headers }, keys, now, "s3")).toThrow(StoreError);
    }
  });

  test("reports the details of a mismatch", async () => {
    const request = await putRequest();
    expect(() => verifySignature({ ...request, method: "POST" }, keys, now, "s3")).toThrow(
      expect.objectContaining({
        status: 403,
        code: "SignatureDoesNotMatch",
        details: expect.objectContaining({
          AWSAccessKeyId: exampleKeys.accessKeyId,
          CanonicalRequest: expect.stringMatching(/^POST\n\/photos\/a%20b\/%C3%BC%2B\.txt\n/),
          StringToSign: expect.stringMatching(/^AWS4-HMAC-SHA256\n20260301T1200/),
        }),
      }),
    );
  });

  test.each<[string, Record<string, string | undefined>, string]>([
    ["an unknown access key", { authorization: exampleKeys.accessKeyId }, "InvalidAccessKeyId"],
    ["no date", { "x-amz-date": undefined }, "AccessDenied"],
    ["no content hash", { "x-amz-content-sha256": undefined }, "InvalidRequest"],
    ["a malformed content hash", { "x-amz-content-sha256": "abc" }, "InvalidArgument"],
    ["a token with the store's keys", { "x-amz-security-token": "abc" }, "InvalidToken"],
    ["host not signed", { authorization: "host;" }, "AccessDenied"],
  ])("%s", async (_, changes, code) => {
    const request = await putRequest();
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries({ ...request.headers, ...changes })) {
      if (value !== undefined) headers[name] = value;
    }
    if (changes.authorization !== undefined) {
      const { authorization = "" } = request.headers;
      const by = changes.authorization.startsWith("AKIA") ? "AKIANOBODY" : "";
      headers.authorization = authorization.replace(changes.authorization, by);
    }
    expect(() => verifySignature({ ...request, headers }, keys, now, "s3")).toThrow(fault({ code }));
  });
});

describe("requests with another or no authorization", () => {
  const request = { method: "GET", path: "/b/k", query: "", headers: { host: "localhost" } };

  function verify(authorization: string | undefined, query = "", service: "s3" | "sts" = "s3") {
    const headers = authorization === undefined ? request.headers : { ...request.headers, authorization };
    return () => verifySignature({ ...request, query, headers }, keys, now, service);
  }

  test("none", () => {
    expect(verify(undefined)).toThrow(fault({ status: 403, code: "AccessDenied" }));
    expect(verify(undefined, "", "sts")).toThrow(fault({ status: 403, code: "MissingAuthenticationToken" }));
  });

  test.each([
    ["version 2", "AWS AKIA:sig", "", "InvalidRequest"],
    ["version 2 in the query", undefined, "AWSAccessKeyId=AKIA&Expires=1&Signature=x", "InvalidRequest"],
    ["version 4A", "AWS4-ECDSA-P256-SHA256 Credential=a", "", "InvalidRequest"],
    ["a bearer token", "Bearer abc", "", "InvalidArgument"],
    ["an empty header", "", "", "InvalidArgument"],
    ["no components", "AWS4-HMAC-SHA256", "", "AuthorizationHeaderMalformed"],
    [
      "a component missing",
      "AWS4-HMAC-SHA256 Credential=a/b, Signature=c",
      "",
      "AuthorizationHeaderMalformed",
    ],
    ["two ways at once", "AWS4-HMAC-SHA256 Credential=a", "X-Amz-Algorithm=b", "InvalidArgument"],
    ["bad percent-encoding", undefined, "X-Amz-Algorithm=%zz", "InvalidURI"],
  ])("%s", (_, authorization, query, code) => {
    expect(verify(authorization, query)).toThrow(fault({ code, status: 400 }));
  });

  test("get the error codes of STS from STS", () => {
    expect(verify("AWS4-HMAC-SHA256 garbage", "", "sts")).toThrow(fault({ code: "IncompleteSignature" }));
  });

  test("get a StoreError, whatever they contain", () => {
    const piece = fc.constantFrom(
      "AWS4-HMAC-SHA256 ",
      "Credential=",
      "SignedHeaders=",
      "Signature=",
      ",",
      "/",
      "=",
      "a",
    );
    const header = fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }).map((parts) => parts.join(""));
    const name = fc.constantFrom(
      "X-Amz-Algorithm",
      "X-Amz-Credential",
      "X-Amz-Date",
      "X-Amz-Signature",
      "X-Amz-Expires",
      "X-Amz-SignedHeaders",
    );
    const query = fc
      .array(fc.tuple(name, fc.string()), { maxLength: 8 })
      .map((all) => all.map((pair) => pair.join("=")).join("&"));
    fc.assert(
      fc.property(fc.option(header, { nil: undefined }), query, (authorization, text) => {
        expect(verify(authorization, text)).toThrow(StoreError);
      }),
    );
  });
});
