import { afterEach, expect, test, vi } from "vitest";
import { StoreSender } from "../src/upload/store-sender.ts";

const store = "https://bucket.store.example";

afterEach(() => vi.unstubAllGlobals());

/** Sends a body so many times, and returns the error of each attempt. */
async function failures(sender: StoreSender, count: number, part = 1): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (let attempt = 0; attempt < count; attempt++) {
    const request = {
      url: `${store}/key?partNumber=${part}`,
      headers: [],
      body: new Blob(["x"]),
      signal: new AbortController().signal,
      onProgress: () => {},
    };
    await sender.send(request, async () => false).catch((error: unknown) => errors.push(error));
  }
  return errors;
}

/** A store that a page cannot send to. It may be reached by requests that do not read the response. */
function withoutCors(isReachable: boolean): typeof fetch {
  return async (_input, init) => {
    if (init?.mode === "no-cors" && isReachable) return new Response(null);
    throw new TypeError("Failed to fetch");
  };
}

test("a page is told which CORS rule the bucket needs", async () => {
  vi.stubGlobal("location", { origin: "https://app.example" });
  const errors = await failures(new StoreSender(withoutCors(true)), 3);
  expect(errors).toMatchObject([
    { code: "NETWORK", retryable: true },
    { code: "NETWORK", retryable: true },
    { code: "STORE_REFUSED", retryable: false, message: expect.stringContaining("https://app.example") },
  ]);
});

test("a store that is out of reach is the network's fault, in pages and elsewhere", async () => {
  const network = { code: "NETWORK", retryable: true };
  expect(await failures(new StoreSender(withoutCors(false)), 4)).toMatchObject(Array(4).fill(network));
  vi.stubGlobal("location", { origin: "https://app.example" });
  expect(await failures(new StoreSender(withoutCors(false)), 4)).toMatchObject(Array(4).fill(network));
});

test("parts that fail together do not look like a missing CORS rule", async () => {
  vi.stubGlobal("location", { origin: "https://app.example" });
  const sender = new StoreSender(withoutCors(true));
  for (let part = 1; part <= 6; part++) {
    expect(await failures(sender, 1, part)).toMatchObject([{ code: "NETWORK", retryable: true }]);
  }
});

test("URLs that the store refuses are signed anew twice, and then the refusal is final", async () => {
  const sender = new StoreSender(
    async () => new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 }),
  );
  expect(await failures(sender, 3)).toMatchObject([
    { code: "STORE_REFUSED", retryable: true },
    { code: "STORE_REFUSED", retryable: true },
    { code: "STORE_REFUSED", retryable: false },
  ]);
});
