import { describe, expect, test } from "vitest";
import { startRecordingProxy } from "../../support/recording-proxy.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { startDemoServer, startTestServer } from "../../support/test-server.ts";
import { startTestStore } from "../../support/test-store.ts";

const store = await shareInFile(startTestStore());
const { endpoint } = store.description;
const publicEndpoint = endpoint.replace("127.0.0.1", "localhost");

describe("VALETKEY_PUBLIC_ENDPOINT_URL", () => {
  test("is the host of everything that is signed for clients, and calls of the server go to the store itself", async () => {
    await using proxy = await startRecordingProxy(endpoint);
    await using server = await startTestServer({
      store: store.description,
      s3Url: proxy.url,
      env: { VALETKEY_PUBLIC_ENDPOINT_URL: publicEndpoint },
    });
    const { put, post, parts } = await server.client.data<{
      put: { url: string; headers: { name: string; value: string }[] };
      post: { url: string };
      parts: { parts: { url: string }[] };
    }>(`mutation {
      put: requestUpload(input: { bucket: "demo", key: "put" }, size: 3, method: PUT) {
        ... on PutUpload { url headers { name value } }
      }
      post: requestUpload(input: { bucket: "demo", key: "post" }, size: 3, method: POST) { ... on PostUpload { url } }
      parts: requestUpload(input: { bucket: "demo", key: "parts" }, size: 3, method: MULTIPART) {
        ... on MultipartUpload { parts(first: 1) { url } }
      }
    }`);
    for (const url of [put.url, post.url, parts.parts[0]?.url ?? ""]) {
      expect(new URL(url).origin).toBe(publicEndpoint);
    }
    const headers = put.headers.map(({ name, value }): [string, string] => [name, value]);
    expect((await fetch(put.url, { method: "PUT", body: "abc", headers })).status).toBe(200);
    expect(proxy.count("PutObject")).toBe(0);
    const { downloadUrl } = await server.client.data<{ downloadUrl: { url: string } }>(
      '{ downloadUrl(bucket: "demo", key: "put", verify: true) { url } }',
    );
    expect(new URL(downloadUrl.url).origin).toBe(publicEndpoint);
    expect(await (await fetch(downloadUrl.url)).text()).toBe("abc");
    expect(proxy.count("HeadObject")).toBe(1);
  });

  test("makes the embedded store accept that name", async () => {
    await using server = await startDemoServer({
      VALETKEY_PUBLIC_ENDPOINT_URL: "http://store.example:4001",
    });
    const { url } = (
      await server.client.data<{ requestUpload: { url: string } }>(
        'mutation { requestUpload(input: { bucket: "demo", key: "k" }, size: 3) { ... on PutUpload { url } } }',
      )
    ).requestUpload;
    expect(new URL(url).origin).toBe("http://store.example:4001");
  });
});
