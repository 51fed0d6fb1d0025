import { copyObject } from "../support/operations.ts";
import { withStored } from "./downloads.ts";
import type { Entry } from "./ledger.ts";
import { OnPurpose, Violation } from "./outcomes.ts";
import type { World } from "./world.ts";

export async function copy(world: World): Promise<void> {
  await withStored(world, async (from) => {
    const client = await world.client(from.owner);
    const to = world.ledger.beginCopy(world.newKey(from.owner), from);
    const { bucket } = world;
    await copyObject(client, { bucket, key: from.key }, { bucket, key: to.key });
    world.ledger.accept(to);
  });
}

/** Deletes the oldest objects, after they were compared with what was sent. */
export async function deleteOldest(world: World): Promise<void> {
  const entries = Array.from({ length: 1 + world.random.below(8) }, () =>
    world.ledger.take(world.random, "oldest"),
  );
  const taken = entries.filter((entry) => entry !== undefined);
  if (taken.length === 0) throw new OnPurpose("nothing is stored yet");
  try {
    for (const entry of taken) {
      const finding = await world.ledger.check(entry);
      if (finding !== undefined) throw new Violation(finding);
      world.ledger.beginDeletion(entry);
      await deleteOne(world, entry);
      entry.state = "deleted";
    }
  } finally {
    for (const entry of taken) world.ledger.release(entry);
  }
}

async function deleteOne(world: World, { owner, key }: Entry): Promise<void> {
  const client = await world.client(owner);
  await client.data("mutation ($objects: [ObjectInput!]!) { deleteObjects(objects: $objects) { key } }", {
    objects: [{ bucket: world.bucket, key }],
  });
}

/** Lists what the caller has, with the package. */
export async function list(world: World): Promise<void> {
  const prefix = `users/${world.caller}/`;
  const valetKey = world.package();
  const keys = new Set<string>();
  for await (const { key } of valetKey.list({ bucket: world.bucket, prefix, pageSize: 20 })) {
    if (!key.startsWith(prefix) || keys.has(key))
      throw new Violation(`${key} does not belong into the list.`);
    keys.add(key);
  }
}

/** Asks for pages, details, uploads in progress and the caller, in one request. */
export async function look(world: World): Promise<void> {
  const client = await world.client();
  await client.data(
    `query ($bucket: String!, $prefix: String!) {
      viewer { subject grants { bucket prefix actions } }
      objects(bucket: $bucket, prefix: $prefix, first: 20) { nodes { key size etag } pageInfo { hasNextPage } }
      uploads(bucket: $bucket, prefix: $prefix, first: 10) { nodes { key startedAt } }
    }`,
    { bucket: world.bucket, prefix: `users/${world.caller}/` },
  );
}
