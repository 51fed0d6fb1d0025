import { expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { metricOf, uploadsInFlight } from "../support/metrics.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const KiB = 2 ** 10;
const throttledSeconds = "valetkey_upload_throttled_seconds_total";
const grants = [{ who: "authenticated" as const, bucket, prefix: "{sub}/", allow: ["UPLOAD" as const] }];

/** Sends a file as fast as the server reads it. */
function upload(url: string, token: string, key: string, bytes: number) {
  const slow = beginSlowUpload(url, { bucket, key }, { authorization: `Bearer ${token}` });
  void slow.write(Buffer.alloc(bytes)).then(slow.end);
  return slow;
}

test("uploads of one caller arrive no faster than its rate", async () => {
  await using issuer = await startIssuer();
  const env = { VALETKEY_UPLOAD_BYTES_PER_SECOND: "256KiB" };
  await using server = await startTestServer({ issuer, grants, env });
  const alice = await issuer.token({ sub: "alice" });

  const startedAtMs = performance.now();
  const uploads = [0, 1, 2, 3].map((index) => upload(server.url, alice, `alice/${index}`, 128 * KiB));
  const responses = await Promise.all(uploads.map(({ answer }) => answer));
  const seconds = (performance.now() - startedAtMs) / 1000;
  for (const response of responses) {
    expect(JSON.parse(response).data.uploadFile).toMatchObject({ size: 128 * KiB });
  }
  // The first 256 KiB may arrive at once, and the other 256 KiB take a second.
  expect(seconds).toBeGreaterThan(0.9);
  expect(await metricOf(server.url, throttledSeconds)).toBeGreaterThan(0.9);
});

test("an upload that waits slows no other caller down, and a shutdown ends it", async () => {
  await using issuer = await startIssuer();
  const env = { VALETKEY_UPLOAD_BYTES_PER_SECOND: "64KiB", VALETKEY_DRAIN_SECONDS: "0" };
  await using server = await startTestServer({ issuer, grants, env });
  const { url } = server;
  const [alice, bob] = await Promise.all([issuer.token({ sub: "alice" }), issuer.token({ sub: "bob" })]);

  // It would take a quarter of an hour.
  const waiting = upload(url, alice, "alice/waiting", 2 ** 26);
  await expect.poll(() => metricOf(url, throttledSeconds), { timeout: 20_000 }).toBeGreaterThan(0);
  const ofBob = upload(url, bob, "bob/file", 32 * KiB);
  expect(JSON.parse(await ofBob.answer).data.uploadFile).toMatchObject({ size: 32 * KiB });
  await expect.poll(() => uploadsInFlight(url), { timeout: 20_000 }).toBe(1);
  await server.app.close();
  expect(JSON.parse(await waiting.answer)).toMatchObject({
    errors: [{ extensions: { code: "UPLOAD_INCOMPLETE" } }],
  });
});
