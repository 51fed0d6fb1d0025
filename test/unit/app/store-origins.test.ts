import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { storeOrigins } from "../../../src/app/store-origins.ts";
import { type BucketSettings, Buckets } from "../../../src/core/bucket-settings.ts";
import { parseBucketName, type Region } from "../../../src/core/object-address.ts";
import { Endpoints } from "../../../src/storage/client/endpoints.ts";

const allowed = ["eu-central-1", "us-west-2"] as Region[];
const noBuckets = { regions: { allowed, default: "eu-central-1" as Region }, buckets: new Buckets() };

test("the origins of AWS's regions cover buckets with and without dots in their names", () => {
  expect(storeOrigins(new Endpoints({ forcePathStyle: false }), noBuckets)).toEqual([
    "https://*.s3.eu-central-1.amazonaws.com",
    "https://s3.eu-central-1.amazonaws.com",
    "https://*.s3.us-west-2.amazonaws.com",
    "https://s3.us-west-2.amazonaws.com",
  ]);
});

test("a store at one endpoint has one origin", () => {
  const endpoints = new Endpoints({ forcePathStyle: true, endpoint: "http://127.0.0.1:4001" });
  expect(storeOrigins(endpoints, noBuckets)).toEqual(["http://127.0.0.1:4001"]);
});

test("a store at an IPv6 address, which a policy cannot name, is any host on its port", () => {
  const endpoints = new Endpoints({ forcePathStyle: true, endpoint: "http://[::1]:4001" });
  expect(storeOrigins(endpoints, noBuckets)).toEqual(["http://*:4001"]);
});

test("a store with virtual-hosted buckets behind one endpoint has an origin for each bucket", () => {
  const endpoints = new Endpoints({ forcePathStyle: false, endpoint: "https://s3.example.com" });
  expect(storeOrigins(endpoints, noBuckets)).toEqual(["https://*.s3.example.com", "https://s3.example.com"]);
});

test("a bucket at another store adds the origin that clients reach it by", () => {
  const elsewhere: BucketSettings = {
    endpoint: "http://ceph.internal:7480",
    publicEndpoint: "https://s3.partner.example",
    region: "default" as Region,
  };
  const buckets = new Buckets(new Map([[parseBucketName("partner-drop"), elsewhere]]));
  const endpoints = new Endpoints({ forcePathStyle: true, endpoint: "http://127.0.0.1:4001", buckets });
  expect(storeOrigins(endpoints, { ...noBuckets, buckets })).toEqual([
    "http://127.0.0.1:4001",
    "https://partner-drop.s3.partner.example",
  ]);
});

test("a bucket with a CDN adds the origin of the distribution, and uploads still lead to the store", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const cdn = { url: "https://d111111abcdef8.cloudfront.net", keyPairId: "K2JCJMDEHXQW5F", privateKey };
  const buckets = new Buckets(new Map([[parseBucketName("media"), { cdn }]]));
  const endpoints = new Endpoints({ forcePathStyle: true, endpoint: "http://127.0.0.1:4001", buckets });
  expect(storeOrigins(endpoints, { ...noBuckets, buckets })).toEqual([
    "http://127.0.0.1:4001",
    "https://d111111abcdef8.cloudfront.net",
  ]);
});
