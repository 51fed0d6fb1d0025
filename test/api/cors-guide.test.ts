import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { codeBlocks } from "../support/markdown.ts";
import { startNginx } from "../support/nginx.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { startTogether } from "../support/resources.ts";
import { hasNginx } from "../support/shell.ts";
import { startTestServer } from "../support/test-server.ts";
import { bucket, startTestStore } from "../support/test-store.ts";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/cors.md"), "utf8");
const page = "https://app.example.com";

/** A store behind nginx with the guide's lines. The recording proxy between them sees what nginx passes on. */
function startStoreBehindNginx() {
  return startTogether(async (started) => {
    const { description } = await started.use(startTestStore());
    const store = await started.use(startRecordingProxy(description.endpoint));
    const [lines = ""] = codeBlocks("nginx", guide);
    const nginx = await started.use(
      startNginx(`
        server {
          listen 80;
          ${lines}
          location / {
            proxy_pass ${store.url};
            proxy_set_header Host $http_host;
          }
        }`),
    );
    const server = await started.use(
      startTestServer({ store: description, s3Url: nginx.url, stsUrl: description.endpoint }),
    );
    return { server, store };
  });
}

test.runIf(hasNginx)(
  "the guide's nginx removes the signature from preflight requests, and from no others",
  async () => {
    await using behind = await startStoreBehindNginx();
    const { server, store } = behind;
    const key = "a folder/é + 1%.txt";
    const { requestUpload } = await server.client.data<{
      requestUpload: { url: string; headers: { name: string; value: string }[] };
    }>(
      `mutation ($input: UploadInput!) {
      requestUpload(input: $input, size: 7, method: PUT) { ... on PutUpload { url headers { name value } } }
    }`,
      { input: { bucket, key, contentType: "text/plain" } },
    );
    const { url, headers } = requestUpload;
    const { pathname, search } = new URL(url);
    store.forget();

    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: {
        origin: page,
        "access-control-request-method": "PUT",
        "access-control-request-headers": headers.map(({ name }) => name.toLowerCase()).join(","),
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
    const sentHeaders = headers.map(({ name, value }): [string, string] => [name, value]);
    const put = await fetch(url, {
      method: "PUT",
      headers: [...sentHeaders, ["origin", page]],
      body: "content",
    });
    expect(put.status).toBe(200);
    for (const response of [preflight, put]) {
      expect(["*", page]).toContain(response.headers.get("access-control-allow-origin"));
    }

    const [passedPreflight, passedPut] = store.requests;
    expect(passedPreflight).toMatchObject({ method: "OPTIONS" });
    expect(decodeURIComponent(passedPreflight?.target ?? "")).toBe(decodeURIComponent(pathname));
    expect(passedPut).toMatchObject({ method: "PUT", target: pathname + search });
  },
);
