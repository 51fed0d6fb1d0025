import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { HttpRequest } from "@smithy/core/protocols";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyBucket, anyKey, eu } from "../arbitraries.ts";
import { errorBody } from "../scripted-s3.ts";
import { outcomeOf, type ScriptedResponse, s3WithResponses } from "./s3-with-responses.ts";

const head = () => new HeadObjectCommand({ Bucket: "photos", Key: "a", ChecksumMode: "ENABLED" });
const list = () => new ListObjectsV2Command({ Bucket: "photos", EncodingType: "url" });
const emptyPage = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

// Creating a client takes longer than a call.
let response: ScriptedResponse = { status: 200 };
const direct = s3WithResponses("direct", () => response);
const sdk = s3WithResponses("sdk", () => response);

/** Both ways end in the same way. */
async function expectSame(
  command: () => HeadObjectCommand | ListObjectsV2Command,
  scripted: ScriptedResponse,
) {
  response = scripted;
  expect(await outcomeOf(direct, command())).toEqual(await outcomeOf(sdk, command()));
}

const headerText = fc.string({ unit: fc.constantFrom(...'ab 09-+/=";,é'), maxLength: 12 });
const httpDate = fc
  .date({ min: new Date(0), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toUTCString());
const headHeaders = fc.record(
  {
    "content-length": fc.nat().map(String),
    "content-type": headerText,
    "content-disposition": headerText,
    "content-encoding": headerText,
    "content-language": headerText,
    "cache-control": headerText,
    etag: headerText,
    "last-modified": httpDate,
    "accept-ranges": fc.constant("bytes"),
    "x-amz-version-id": headerText,
    "x-amz-storage-class": fc.constantFrom("STANDARD", "GLACIER"),
    "x-amz-restore": fc.constant('ongoing-request="false", expiry-date="Fri, 21 Dec 2030 00:00:00 GMT"'),
    "x-amz-archive-status": fc.constant("ARCHIVE_ACCESS"),
    "x-amz-checksum-crc32": headerText,
    "x-amz-checksum-sha256": headerText,
    "x-amz-checksum-crc64nvme": headerText,
    "x-amz-checksum-type": fc.constantFrom("COMPOSITE", "FULL_OBJECT"),
    "x-amz-delete-marker": fc.constantFrom("true", "false"),
    "x-amz-server-side-encryption": fc.constantFrom("AES256", "aws:kms"),
    "x-amz-server-side-encryption-aws-kms-key-id": headerText,
    "x-amz-server-side-encryption-bucket-key-enabled": fc.constantFrom("true", "false"),
    "x-amz-mp-parts-count": fc.nat().map(String),
    "x-amz-object-lock-mode": fc.constant("GOVERNANCE"),
    "x-amz-object-lock-retain-until-date": fc.constant("2030-01-01T00:00:00.000Z"),
    "x-amz-request-id": headerText,
    "x-amz-id-2": headerText,
    "x-amz-meta-who": headerText,
    "x-amz-meta-a-b": headerText,
  },
  { requiredKeys: [] },
);

describe("a response", () => {
  test("to HEAD is read as the SDK reads it, apart from metadata that the SDK loses", async () => {
    await fc.assert(
      fc.asyncProperty(headHeaders, async (headers) => expectSame(head, { status: 200, headers })),
      { numRuns: 100 },
    );
  });

  test("to HEAD keeps metadata with every name, its time, and ignores an Expires that is no date", async () => {
    const headers = { "x-amz-meta-__proto__": "a", date: "Sat, 28 Nov 2026 10:00:00 GMT", expires: "never" };
    const { s3 } = s3WithResponses("direct", () => ({ status: 200, headers }));
    const output = await s3.send(head());
    expect(Object.entries(output.Metadata ?? {})).toEqual([["__proto__", "a"]]);
    expect(output).toMatchObject({ Date: headers.date });
  });

  const status = fc.constantFrom(
    300,
    301,
    304,
    307,
    400,
    401,
    403,
    404,
    405,
    409,
    412,
    416,
    429,
    500,
    503,
    507,
  );
  const code = fc.constantFrom(
    ..."AccessDenied AuthorizationHeaderMalformed ExpiredToken InternalError InvalidArgument NoSuchBucket".split(
      " ",
    ),
    ..."NoSuchKey PermanentRedirect RequestTimeTooSkewed RequestTimeout SlowDown TemporaryRedirect".split(
      " ",
    ),
    "",
    "Unknown.Code",
  );
  const errorHeaders = fc.record(
    { "x-amz-bucket-region": fc.constantFrom("us-east-1", ""), "x-amz-request-id": headerText },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc
      .tuple(
        code,
        headerText,
        fc.constantFrom("", "<Region>us-east-1</Region>", "<Condition>If-None-Match</Condition>"),
      )
      .map(([name, message, more]) => errorBody(name, message, more)),
    fc.constantFrom("", "not XML", "<Error>", "<html></html>", "<Error><Code/></Error>", emptyPage),
  );

  test("of an error without a body is the SDK's error", async () => {
    await fc.assert(
      fc.asyncProperty(status, errorHeaders, async (status, headers) =>
        expectSame(head, { status, headers }),
      ),
    );
  });

  test("of an error with a body is the SDK's error", async () => {
    await fc.assert(
      fc.asyncProperty(status, errorHeaders, body, async (status, headers, body) =>
        expectSame(list, { status, headers, body }),
      ),
      { numRuns: 150 },
    );
  });

  test.each([errorBody("SlowDown"), errorBody("InternalError"), "", "not XML", "<ListBucketResult>"])(
    "with the status 200 and the body %j ends as with the SDK",
    (body) => expectSame(list, { status: 200, body }),
  );
});

describe("a request", () => {
  const anyRequest = fc.record(
    {
      Bucket: anyBucket,
      Key: anyKey,
      VersionId: fc.constantFrom("null", "a+b/c="),
      Prefix: fc.oneof(anyKey, fc.constant("")),
      Delimiter: fc.constantFrom("/", " ", "é"),
      MaxKeys: fc.nat(1000),
      StartAfter: anyKey,
    },
    { requiredKeys: ["Bucket", "Key"] },
  );
  const endpoint = fc.constantFrom(
    undefined,
    "http://localhost:9000",
    "https://[::1]:9443/base",
    "https://s3.test:443",
  );
  const owner = fc.constantFrom(undefined, "111122223333");

  test("is the SDK's, and has the SDK's signature", async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, endpoint, owner, fc.boolean(), async (input, endpoint, owner, isHead) => {
        const { Key, VersionId, ...listing } = input;
        const own = { Bucket: input.Bucket, ...(owner !== undefined && { ExpectedBucketOwner: owner }) };
        const command = (more = {}) =>
          isHead
            ? new HeadObjectCommand({
                Key,
                VersionId,
                ChecksumMode: "ENABLED",
                Bucket: input.Bucket,
                ...more,
              })
            : new ListObjectsV2Command({ ...listing, EncodingType: "url", ...more });
        const respond = () => ({ status: 200, body: isHead ? "" : emptyPage });
        const direct = s3WithResponses("direct", respond, { endpoint, settings: { owner } });
        const sdk = s3WithResponses("sdk", respond, { endpoint });
        await direct.s3.send(command() as HeadObjectCommand);
        await sdk.s3.send(command(own) as HeadObjectCommand);
        const [sent, expected] = [direct.requests[0], sdk.requests[0]];
        if (sent === undefined || expected === undefined) throw new Error("Nothing was sent.");
        expect(described(sent)).toEqual(described(expected));

        const { authorization, ...unsigned } = signedHeaders(sent);
        const signer = await sdk.s3.config.signer();
        const signed = await signer.sign(new HttpRequest({ ...sent, headers: unsigned }), {
          signingDate: dateOf(sent),
          signingRegion: eu,
          signingService: "s3",
        });
        expect(signed.headers.authorization).toBe(authorization);
      }),
      { numRuns: 100 },
    );
  });

  function described({ method, protocol, hostname, port, path, query, headers }: HttpRequest) {
    const {
      authorization,
      "x-amz-date": date,
      "x-amz-user-agent": userAgent,
      ...own
    } = signedHeaders({ headers });
    return { method, protocol, hostname, port, path, query, headers: own };
  }

  /** The headers that have to be signed, and the signature. */
  function signedHeaders({ headers }: Pick<HttpRequest, "headers">): Record<string, string> {
    const isSigned = (name: string) =>
      name.startsWith("x-amz-") || name === "host" || name === "authorization";
    return Object.fromEntries(Object.entries(headers).filter(([name]) => isSigned(name)));
  }

  function dateOf({ headers }: HttpRequest): Date {
    const iso = headers["x-amz-date"]?.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
    return new Date(iso ?? "");
  }

  test("with options, of S3 Express and of another operation takes the SDK's way", async () => {
    const { s3, requests } = s3WithResponses("direct", () => ({ status: 200 }), { endpoint: undefined });
    await s3.send(head());
    await s3.send(head(), { abortSignal: new AbortController().signal });
    await s3.send(new HeadObjectCommand({ Bucket: "photos--euw1-az1--x-s3", Key: "a" }));
    await s3.send(new GetObjectCommand({ Bucket: "photos", Key: "a" }));
    const bySdk = requests.map(({ headers }) => headers["user-agent"]?.startsWith("aws-sdk-js/"));
    expect(bySdk).toEqual([false, true, true, true]);
  });
});

describe("a call is repeated", () => {
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const timeout = Object.assign(new Error("No response."), { name: "TimeoutError", code: "ETIMEDOUT" });
  const failures: readonly (readonly [string, ScriptedResponse | Error])[] = [
    ["ECONNRESET", reset],
    ["ECONNREFUSED", refused],
    ["a timeout", timeout],
    ["any other error", new Error("other")],
    ["500", { status: 500 }],
    ["501", { status: 501 }],
    ["503 SlowDown", { status: 503, body: errorBody("SlowDown") }],
    ["200 with an error", { status: 200, body: errorBody("InternalError") }],
    ["429", { status: 429 }],
    ["400 RequestTimeout", { status: 400, body: errorBody("RequestTimeout") }],
    ["403", { status: 403, body: errorBody("AccessDenied") }],
    ["404", { status: 404 }],
    ["412", { status: 412 }],
    ["507", { status: 507 }],
  ];

  test.concurrent.each(failures)("or not, as by the SDK, after %s", async (_, failure) => {
    const ends = await Promise.all(
      (["sdk", "direct"] as const).map(async (way) => {
        const respond = (attempt: number) => (attempt === 1 ? failure : { status: 200, body: emptyPage });
        const s3 = s3WithResponses(way, respond, { maxAttempts: 2 });
        return { end: await outcomeOf(s3, list()), requests: s3.requests.length };
      }),
    );
    expect(ends[1]).toEqual(ends[0]);
  });

  test("with a new signature, if S3's clock differs from this machine's", async () => {
    const hours = 3_600_000;
    const date = () => new Date(Date.now() + 5 * hours).toUTCString();
    const respond = (attempt: number): ScriptedResponse => ({
      status: attempt === 1 ? 403 : 200,
      headers: { date: date() },
    });
    const { s3, requests } = s3WithResponses("direct", respond, { maxAttempts: 2 });
    await s3.send(head());
    const [first, second] = requests.map((request) => Date.parse(isoDate(request)));
    expect(((second ?? 0) - (first ?? 0)) / hours).toBeCloseTo(5, 1);
    // Later calls know the time, and a refusal is then about something else.
    await s3.send(head());
    expect(requests).toHaveLength(3);
  });

  function isoDate({ headers }: HttpRequest): string {
    return headers["x-amz-date"]?.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5") ?? "";
  }
});
