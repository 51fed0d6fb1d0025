import { randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPage } from "../browser-page.mjs";
import { startPeer } from "../peers/peer.mjs";
import { withResources } from "../resources.mjs";
import { interleave } from "../rounds.mjs";
import { startValetKey } from "../valet-key.mjs";

const mebibyte = 2 ** 20;
const names = {
  client: "@valetkey/client, with CRC64NVME",
  unchecked: "@valetkey/client, checksum: false",
  fetch: "one PUT by fetch",
  uppy: "@uppy/aws-s3 with Companion",
};

/** The same file of the disk, from Chromium to the same store, in four ways. */
export function browserUpload({ store, rounds, quick, log }) {
  const sizeMebibytes = quick ? 64 : 128;
  return withResources(async (use) => {
    const folder = await mkdtemp(join(tmpdir(), "valetkey-bench-file-"));
    use({ stop: () => rm(folder, { recursive: true }) });
    const path = join(folder, "film.bin");
    await writeNoise(path, sizeMebibytes);
    const page = use(await openPage());
    const server = use(await startValetKey(store, { VALETKEY_ORIGINS: page.origin }));
    const companion = use(await startPeer("companion", store));
    await page.chooseFile(path);
    const target = JSON.stringify({ bucket: store.bucket, key: "uploads/film.bin" });
    const url = JSON.stringify(`${server.origin}/graphql`);
    const timed = (statements) => async () => {
      const milliseconds = await page.tab.evaluate(`(async () => {
        const file = document.querySelector("input").files[0];
        const startedAt = performance.now();
        ${statements}
        return performance.now() - startedAt;
      })()`);
      return sizeMebibytes / (milliseconds / 1000);
    };
    const client = (options) =>
      timed(`await createValetKey({ url: ${url} }).upload(file, { ...${target}, ...${options} }).done;`);
    const contenders = {
      [names.client]: client("{}"),
      [names.unchecked]: client("{ checksum: false }"),
      [names.fetch]: timed(`
        const query = "mutation ($input: UploadInput!, $size: SafeInt!) { requestUpload(input: $input, size: $size, method: PUT) { ... on PutUpload { url headers { name value } } } }";
        const body = JSON.stringify({ query, variables: { input: ${target}, size: file.size } });
        const signed = await fetch(${url}, { method: "POST", headers: { "content-type": "application/json" }, body });
        const { url, headers } = (await signed.json()).data.requestUpload;
        const put = await fetch(url, { method: "PUT", headers: headers.map(({ name, value }) => [name, value]), body: file });
        if (!put.ok) throw new Error(await put.text());`),
      [names.uppy]: timed(`
        const uppy = new Uppy().use(AwsS3, { companionEndpoint: ${JSON.stringify(companion.origin)} });
        uppy.addFile({ name: file.name, type: file.type, data: file });
        const { failed } = await uppy.upload();
        if (failed.length > 0) throw new Error(failed[0].error);
        uppy.destroy();`),
    };
    for (const warmUp of Object.values(contenders)) await warmUp();
    return {
      title: `${sizeMebibytes} MiB uploaded from Chromium (${store.name})`,
      unit: "MiB/s",
      figures: await interleave(rounds, contenders, log),
      comparisons: [
        { of: names.client, to: names.fetch, atLeast: 0.9 },
        { of: names.client, to: names.uppy, atLeast: 1 },
        { of: names.unchecked, to: names.fetch, atLeast: 0.9 },
      ],
    };
  });
}

async function writeNoise(path, mebibytes) {
  const file = await open(path, "w");
  const piece = randomBytes(mebibyte);
  for (let written = 0; written < mebibytes; written++) await file.write(piece);
  await file.close();
}
