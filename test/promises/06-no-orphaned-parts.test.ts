import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { type Fault, startBreakingProxy } from "../support/breaking-proxy.ts";
import { buildProgram } from "../support/built-program.ts";
import { uploadsInFlight } from "../support/metrics.ts";
import { noise } from "../support/noise.ts";
import { uploadFile } from "../support/operations.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { beginSlowUpload } from "../support/slow-upload.ts";
import { bucket, prepareTestServer, startTestServer } from "../support/test-server.ts";
import { startTestStore } from "../support/test-store.ts";

const MiB = 2 ** 20;
const { description: store } = await shareInFile(startTestStore());
const faulty = await shareInFile(startBreakingProxy(store.endpoint));
const server = await shareInFile(startTestServer({ store, s3Url: faulty.url, stsUrl: store.endpoint }));
const program = await shareInFile(buildProgram());

async function pendingUploads(): Promise<number> {
  const command = new ListMultipartUploadsCommand({ Bucket: bucket });
  return (await server.admin.send(command)).Uploads?.length ?? 0;
}

test.each<Fault>(["503", "reset", "garbage"])("nothing is left when parts are answered %s", async (fault) => {
  faulty.break({ fault, matches: ({ url = "" }) => /partNumber=2\b/.test(url) });
  const file = new Blob([noise(20 * MiB)]);
  await expect(uploadFile(server.client, file, { bucket, key: "faulty" })).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
  });
  faulty.heal();
  expect(await pendingUploads()).toBe(0);
});

test("nothing is left when a client disconnects at any byte", async () => {
  for (const sent of [100_000, 8 * MiB, 8 * MiB + 1, 17 * MiB]) {
    const upload = beginSlowUpload(server.url, { bucket, key: `gone/${sent}` });
    await upload.write(noise(sent));
    await expect.poll(() => uploadsInFlight(server.url)).toBe(1);
    upload.destroy();
    await expect.poll(() => uploadsInFlight(server.url)).toBe(0);
    expect(await pendingUploads()).toBe(0);
  }
});

/** Starts the built program on the store, with an upload whose first part is stored. */
async function startWithUpload(env: Readonly<Record<string, string>>) {
  const running = program.start({ ...env, PORT: "0", VALETKEY_DRAIN_SECONDS: "1" });
  const upload = beginSlowUpload(await running.ready, { bucket, key: "stopped" });
  await upload.write(noise(20 * MiB));
  await expect.poll(pendingUploads).toBe(1);
  return { running, upload };
}

/** What a process needs: the server's own variables, and those of AWS. */
const environment = (env: Readonly<Record<string, string>>) => ({
  ...env,
  LOG_LEVEL: "info",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
});

test("nothing is left when the server is stopped in the middle of an upload", async () => {
  await using prepared = await prepareTestServer({ store });
  const { running, upload } = await startWithUpload(environment(prepared.env));
  running.process.kill("SIGTERM");
  expect((await running.ended).code).toBe(0);
  upload.destroy();
  expect(await pendingUploads()).toBe(0);
});

test("what a crash leaves is swept", async () => {
  await using prepared = await prepareTestServer({ store });
  const env = environment(prepared.env);
  const { running, upload } = await startWithUpload(env);
  running.process.kill("SIGKILL");
  await running.ended;
  upload.destroy();
  expect(await pendingUploads()).toBe(1);
  const swept = await program.cli(["sweep", bucket, "--older-than", "0", "--abort"], env);
  expect(swept).toMatchObject({ code: 0, stderr: "" });
  expect(await pendingUploads()).toBe(0);
});
