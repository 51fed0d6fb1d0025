import type { DownloadUrl } from "../support/operations.ts";
import { downloadUrl } from "../support/operations.ts";
import type { Entry } from "./ledger.ts";
import { sha256Of } from "./ledger.ts";
import { OnPurpose, StoreFailure } from "./outcomes.ts";
import type { World } from "./world.ts";

/** Gets a URL, and often downloads the object with it. */
export async function download(world: World): Promise<void> {
  await withStored(world, async (entry) => {
    const client = await world.client(entry.owner);
    const address = { bucket: world.bucket, key: entry.key };
    const { url } = await downloadUrl(client, { ...address, verify: world.random.chance(0.5) });
    if (world.random.chance(0.4)) await compare(url, entry);
  });
}

async function compare(url: string, entry: Entry): Promise<void> {
  let bytes: Buffer;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    bytes = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new StoreFailure(String(error));
  }
  if (sha256Of(bytes) !== entry.sha256) throw new Error(`The URL of ${entry.key} returned other bytes.`);
}

/** Gets up to 200 URLs in one request, some of them of objects that do not exist. */
export async function downloadMany(world: World): Promise<void> {
  const client = await world.client();
  const objects = Array.from({ length: 1 + world.random.below(200) }, (_, index) => ({
    bucket: world.bucket,
    key: `users/${world.caller}/${index}`,
  }));
  const { downloadUrls } = await client.data<{ downloadUrls: DownloadUrl[] }>(
    "query ($objects: [ObjectInput!]!) { downloadUrls(objects: $objects, verify: false) { url expiresAt bucket key } }",
    { objects },
  );
  for (const [index, { key }] of downloadUrls.entries()) {
    if (key !== objects[index]?.key) throw new Error(`Item ${index} is ${key}.`);
  }
}

/** Sends a query and disconnects before its response. */
export async function disconnect(world: World): Promise<void> {
  const token = await world.token();
  const request = fetch(`${world.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query:
        "query ($bucket: String!, $prefix: String!) { objects(bucket: $bucket, prefix: $prefix) { nodes { key contentType downloadUrl { url } } } }",
      variables: { bucket: world.bucket, prefix: `users/${world.caller}/` },
    }),
    signal: AbortSignal.timeout(1 + world.random.below(30)),
  });
  await request.then((response) => response.text()).catch(() => {});
  throw new OnPurpose("disconnected");
}

/** Uses a stored object, if there is one that no other action uses. */
export async function withStored(world: World, use: (entry: Entry) => Promise<void>): Promise<void> {
  const entry = world.ledger.take(world.random);
  if (entry === undefined) throw new OnPurpose("nothing is stored yet");
  try {
    await use(entry);
  } finally {
    world.ledger.release(entry);
  }
}
