import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  amzDate,
  canonicalHeaders,
  canonicalRequest,
  signature,
  stringToSign,
} from "../../../../src/storage/signing/signature.ts";
import { credentialScope, deriveSigningKey } from "../../../../src/storage/signing/signing-key.ts";
import { pairs } from "../pairs.ts";

const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
describe("AWS's published example of a presigned URL", () => {
  const date = amzDate(new Date("2013-05-24T00:00:00.999Z"));
  const scope = credentialScope("20130524", "us-east-1");
  const request = canonicalRequest({
    method: "GET",
    path: "/test.txt",
    query:
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
    headers: canonicalHeaders("examplebucket.s3.amazonaws.com", []),
  });
  const toSign = stringToSign(date, scope, request);

  test("has its canonical request", () => {
    expect(request.split("\n")).toEqual([
      "GET",
      "/test.txt",
      expect.stringMatching(/^X-Amz-Algorithm=.*&X-Amz-SignedHeaders=host$/),
      "host:examplebucket.s3.amazonaws.com",
      "",
      "host",
      "UNSIGNED-PAYLOAD",
    ]);
    expect(createHash("sha256").update(request).digest("hex")).toBe(
      "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04",
    );
  });

  test("has its string to sign", () => {
    expect(toSign).toBe(
      "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" +
        "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04",
    );
  });

  test("has its signature", () => {
    const signingKey = deriveSigningKey(secretAccessKey, "20130524", "us-east-1");
    expect(signature(signingKey, toSign)).toBe(
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    );
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
test("signs AWS's published POST policy as AWS does", () => {
  const policy = [
    '{ "expiration": "2015-12-30T12:00:00.000Z",',
    '  "conditions": [',
    '    {"bucket": "sigv4examplebucket"},',
    '    ["starts-with", "$key", "user/user1/"],',
    '    {"acl": "public-read"},',
    '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
    '    ["starts-with", "$Content-Type", "image/"],',
    '    {"x-amz-meta-uuid": "14365123651274"},',
    '    {"x-amz-server-side-encryption": "AES256"},',
    '    ["starts-with", "$x-amz-meta-tag", ""],',
    "",
    `    {"x-amz-credential": "${accessKeyId}/${credentialScope("20151229", "us-east-1")}"},`,
    '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
    '    {"x-amz-date": "20151229T000000Z" }',
    "  ]",
    "}",
  ].join("\r\n");
  const signingKey = deriveSigningKey(secretAccessKey, "20151229", "us-east-1");
  expect(signature(signingKey, Buffer.from(policy).toString("base64"))).toBe(
    "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
  );
});

describe("canonicalHeaders", () => {
  test("are sorted by name, including host", () => {
    expect(
      canonicalHeaders(
        "h",
        pairs({ "x-amz-meta-b": "2", "content-type": "text/plain", "x-amz-meta-a": "1" }),
      ),
    ).toEqual({
      canonical: "content-type:text/plain\nhost:h\nx-amz-meta-a:1\nx-amz-meta-b:2\n",
      signedHeaders: "content-type;host;x-amz-meta-a;x-amz-meta-b",
    });
  });

  test("have their spaces collapsed and trimmed", () => {
    expect(canonicalHeaders("h", pairs({ a: " one  two \t three " })).canonical).toBe(
      "a:one two three\nhost:h\n",
    );
  });
});
