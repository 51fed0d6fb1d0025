import { afterEach, describe, expect, test, vi } from "vitest";
import { parseBucketName, type Region } from "../../../../src/core/object-address.ts";
import {
  type EndpointSettings,
  readEndpointSettings,
} from "../../../../src/storage/client/endpoint-settings.ts";
import { Endpoints } from "../../../../src/storage/client/endpoints.ts";

function resolve(settings: EndpointSettings, region: string, bucket: string) {
  return new Endpoints(settings).resolve(region as Region, parseBucketName(bucket));
}

describe("Endpoints", () => {
  test.each<[string, EndpointSettings, string, string, string, string]>([
    [
      "virtual host",
      { forcePathStyle: false },
      "eu-west-1",
      "photos",
      "https://photos.s3.eu-west-1.amazonaws.com",
      "",
    ],
    [
      "China",
      { forcePathStyle: false },
      "cn-north-1",
      "photos",
      "https://photos.s3.cn-north-1.amazonaws.com.cn",
      "",
    ],
    [
      "path style",
      { forcePathStyle: true },
      "eu-west-1",
      "photos",
      "https://s3.eu-west-1.amazonaws.com",
      "/photos",
    ],
    // No certificate covers a.b.s3…: such a bucket is in the path.
    [
      "dots",
      { forcePathStyle: false },
      "eu-west-1",
      "my.photos",
      "https://s3.eu-west-1.amazonaws.com",
      "/my.photos",
    ],
    [
      "dual stack",
      { forcePathStyle: false, useDualstack: true },
      "eu-west-1",
      "photos",
      "https://photos.s3.dualstack.eu-west-1.amazonaws.com",
      "",
    ],
    [
      "FIPS",
      { forcePathStyle: false, useFips: true },
      "us-east-1",
      "photos",
      "https://photos.s3-fips.us-east-1.amazonaws.com",
      "",
    ],
    [
      "another store",
      { forcePathStyle: true, endpoint: "http://127.0.0.1:7480/" },
      "us-east-1",
      "photos",
      "http://127.0.0.1:7480",
      "/photos",
    ],
    [
      "another store below a path",
      { forcePathStyle: true, endpoint: "https://store.test/s3" },
      "us-east-1",
      "photos",
      "https://store.test",
      "/s3/photos",
    ],
  ])("%s", (_, settings, region, bucket, origin, basePath) => {
    const signingRegion = region;
    const host = new URL(origin).host;
    expect(resolve(settings, region, bucket)).toEqual({ origin, host, basePath, signingRegion });
  });

  test("evaluates the rules once for each bucket and region", () => {
    const endpoints = new Endpoints({ forcePathStyle: false });
    const photos = parseBucketName("photos");
    const first = endpoints.resolve("eu-west-1" as Region, photos);
    expect(endpoints.resolve("eu-west-1" as Region, photos)).toBe(first);
    expect(endpoints.resolve("us-east-1" as Region, photos)).not.toBe(first);
  });
});

describe("readEndpointSettings", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("reads AWS's own variables", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://store.test:9000");
    vi.stubEnv("AWS_ENDPOINT_URL", "http://other.test");
    vi.stubEnv("AWS_USE_DUALSTACK_ENDPOINT", "true");
    vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true");
    expect(await readEndpointSettings({ forcePathStyle: false })).toEqual({
      forcePathStyle: false,
      endpoint: "http://store.test:9000",
      useFips: true,
      useDualstack: true,
    });
  });

  test("prefers the endpoint that it is given", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://store.test:9000");
    const settings = await readEndpointSettings({ forcePathStyle: false, endpoint: "http://given.test" });
    expect(settings.endpoint).toBe("http://given.test");
  });

  test.each(["http://127.0.0.1:9000", "http://[::1]:9000"])(
    "puts buckets into the path at %s",
    async (endpoint) => {
      const settings = await readEndpointSettings({ forcePathStyle: false, endpoint });
      expect(resolve(settings, "us-east-1", "my.photos")).toMatchObject({
        origin: endpoint,
        basePath: "/my.photos",
      });
    },
  );
});
