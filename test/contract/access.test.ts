import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, test } from "vitest";
import { type GraphQLClient, untilServed } from "../support/graphql-client.ts";
import { startIssuer } from "../support/issuer.ts";
import { copyObject, downloadUrl, requestUpload, uploadFile } from "../support/operations.ts";
import { startRecordingProxy } from "../support/recording-proxy.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, ownPrefix, seed, store } from "./store.ts";

const bucket = store.buckets.main;
const prefix = ownPrefix("access");
const gateway = await shareInFile(startRecordingProxy(store.endpoint));
const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    s3Url: gateway.url,
    grants: [
      { who: "authenticated", bucket, prefix: `${prefix}{sub}/`, allow: ["DOWNLOAD", "UPLOAD"] },
      { who: { role: "editor" }, bucket, prefix: `${prefix}{sub}/`, allow: ["LIST", "DELETE"] },
    ],
  }),
);

const caller = async (sub: string, claims: object = {}) =>
  server.client.as(await issuer.token({ sub, ...claims }));
const alice = await caller("alice");
const bob = await caller("bob");
const editor = await caller("eve", { role: "editor" });

const keyOf = (name: string) => `${prefix}${name}/a.txt`;
const forbidden = { code: "FORBIDDEN", retryable: false };

beforeEach(async () => {
  for (const name of ["alice", "bob", "eve"]) await seed(bucket, keyOf(name), name);
  gateway.forget();
});

describe("the server", () => {
  test("allows a caller everything below the caller's prefix", async () => {
    const { url } = await downloadUrl(alice, { bucket, key: keyOf("alice") });
    expect(await (await fetch(url)).text()).toBe("alice");
    await uploadFile(alice, new Blob(["new"]), { bucket, key: `${prefix}alice/new.txt` });
    expect((await inspect(bucket, `${prefix}alice/new.txt`))?.body.toString()).toBe("new");
  });

  test.each<[string, (client: GraphQLClient) => Promise<unknown>]>([
    ["another's object", (client) => downloadUrl(client, { bucket, key: keyOf("bob") })],
    [
      "another's object unverified",
      (client) => downloadUrl(client, { bucket, key: keyOf("bob"), verify: false }),
    ],
    [
      "a sibling with the same beginning",
      (client) => downloadUrl(client, { bucket, key: `${prefix}alice2/a` }),
    ],
    [
      "another bucket",
      (client) => downloadUrl(client, { bucket: store.buckets.versioned, key: keyOf("alice") }),
    ],
    [
      "a PUT into another's",
      (client) => requestUpload(client, "PUT", { input: { bucket, key: keyOf("bob") }, size: 1 }),
    ],
    [
      "a POST into another's",
      (client) => requestUpload(client, "POST", { input: { bucket, key: keyOf("bob") }, size: 1 }),
    ],
    [
      "a multipart upload into another's",
      (client) => requestUpload(client, "MULTIPART", { input: { bucket, key: keyOf("bob") }, size: 9e6 }),
    ],
    ["a file into another's", (client) => uploadFile(client, new Blob(["x"]), { bucket, key: keyOf("bob") })],
    [
      "a copy out of another's",
      (client) => copyObject(client, { bucket, key: keyOf("bob") }, { bucket, key: keyOf("alice") }),
    ],
    [
      "a copy into another's",
      (client) => copyObject(client, { bucket, key: keyOf("alice") }, { bucket, key: keyOf("bob") }),
    ],
    [
      "a listing without LIST",
      (client) =>
        client.data(`{ objects(bucket: "${bucket}", prefix: "${prefix}alice/") { nodes { key } } }`),
    ],
  ])("fails with FORBIDDEN for %s, without a call to the store", async (_what, act) => {
    await expect(act(alice)).rejects.toMatchObject(forbidden);
    expect(gateway.requests.filter(({ operation }) => operation !== "AssumeRole")).toEqual([]);
    expect((await inspect(bucket, keyOf("bob")))?.body.toString()).toBe("bob");
  });

  test("refuses to list above a caller's prefix", async () => {
    const list = (of: string) =>
      editor.data(`{ objects(bucket: "${bucket}", prefix: "${of}") { nodes { key } } }`);
    await expect(list(`${prefix}eve/`)).resolves.toEqual({
      objects: { nodes: [{ key: keyOf("eve") }] },
    });
    for (const above of ["", prefix, `${prefix}eve`])
      await expect(list(above)).rejects.toMatchObject(forbidden);
  });

  test("assumes no role for a caller without grants", async () => {
    const anonymous = downloadUrl(server.client, { bucket, key: keyOf("alice") });
    await expect(anonymous).rejects.toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    expect(gateway.requests).toEqual([]);
  });

  test.each([
    ["an asterisk", "*"],
    ["a question mark", "?"],
    ["a dollar", "$"],
    ["a policy variable", "${aws:username}"],
    ["a parent folder", ".."],
    ["a folder", "a/b"],
    ["a control character", "\u0000"],
    ["10,000 letters", "x".repeat(10_000)],
  ])("gives a subject of %s no access to objects of others", async (_what, sub) => {
    const hostile = await caller(sub);
    await expect(downloadUrl(hostile, { bucket, key: keyOf("alice") })).rejects.toMatchObject(forbidden);
  });

  test("serves a subject with every character that a session name may have", async () => {
    const sub = "e+v=e,x@y.z-_";
    await seed(bucket, keyOf(sub), "plus");
    const url = downloadUrl(await caller(sub), { bucket, key: keyOf(sub) });
    if (!store.differs("refusesPlusInSessionNames"))
      await expect(url).resolves.toMatchObject({ key: keyOf(sub) });
    else await expect(url).rejects.toMatchObject({ code: "CREDENTIALS_UNAVAILABLE" });
  });
});

test("300 parallel first requests of one caller cost one AssumeRole", async () => {
  const carol = await caller("carol");
  await seed(bucket, keyOf("carol"), "carol");
  const request = () => downloadUrl(carol, { bucket, key: keyOf("carol") });
  await Promise.all(Array.from({ length: 300 }, () => untilServed(request)));
  expect(gateway.count("AssumeRole")).toBe(1);
});

describe("the store, asked with a caller's bare temporary credentials,", () => {
  /** The credentials that the server got for a caller, used around the server. */
  async function bareClient(sub: string, claims: object = {}): Promise<S3Client> {
    const client = await caller(sub, claims);
    await seed(bucket, keyOf(sub), sub);
    await downloadUrl(client, { bucket, key: keyOf(sub), verify: false });
    const [credentials] = gateway.roleSessions;
    if (credentials === undefined) throw new Error("No AssumeRole was seen.");
    const { endpoint, region } = store;
    return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  }
  const refusal = { $metadata: { httpStatusCode: 403 } };
  const at = (key: string, Bucket = bucket) => ({ Bucket, Key: key });

  test("allows what the grants allow", async () => {
    const dave = await bareClient("dave");
    await dave.send(new HeadObjectCommand(at(keyOf("dave"))));
    await dave.send(new PutObjectCommand({ ...at(`${prefix}dave/b.txt`), Body: "b" }));
    expect((await inspect(bucket, `${prefix}dave/b.txt`))?.body.toString()).toBe("b");
  });

  test("refuses everything else", async () => {
    const frank = await bareClient("frank");
    const other = store.buckets.versioned;
    await seed(other, keyOf("frank"), "other bucket");
    await expect(frank.send(new GetObjectCommand(at(keyOf("bob"))))).rejects.toMatchObject(refusal);
    await expect(frank.send(new HeadObjectCommand(at(keyOf("bob"))))).rejects.toMatchObject(refusal);
    await expect(frank.send(new PutObjectCommand({ ...at(keyOf("bob")), Body: "x" }))).rejects.toMatchObject(
      refusal,
    );
    await expect(frank.send(new GetObjectCommand(at(keyOf("frank"), other)))).rejects.toMatchObject(refusal);
    await expect(frank.send(new DeleteObjectCommand(at(keyOf("frank"))))).rejects.toMatchObject(refusal);
    const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}frank/` });
    await expect(frank.send(list)).rejects.toMatchObject(refusal);
    expect((await inspect(bucket, keyOf("bob")))?.body.toString()).toBe("bob");
    expect(await inspect(bucket, keyOf("frank"))).toBeDefined();
  });

  test("lists and deletes only below the prefix of the grant", async () => {
    const grace = await bareClient("grace", { role: "editor" });
    const list = (Prefix?: string) => grace.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
    expect((await list(`${prefix}grace/`)).Contents?.map(({ Key }) => Key)).toEqual([keyOf("grace")]);
    for (const above of [prefix, "", undefined]) await expect(list(above)).rejects.toMatchObject(refusal);
    await grace.send(new DeleteObjectCommand(at(keyOf("grace"))));
    expect(await inspect(bucket, keyOf("grace"))).toBeUndefined();
    await expect(grace.send(new DeleteObjectCommand(at(keyOf("bob"))))).rejects.toMatchObject(refusal);
  });

  test("treats a wildcard in a subject as an ordinary character", async () => {
    const wildcard = await bareClient("b*");
    await expect(wildcard.send(new GetObjectCommand(at(keyOf("bob"))))).rejects.toMatchObject(refusal);
    const own = wildcard.send(new HeadObjectCommand(at(keyOf("b*"))));
    if (store.differs("takesPolicyEscapesLiterally")) await expect(own).rejects.toMatchObject(refusal);
    else await expect(own).resolves.toMatchObject({ ContentLength: 2 });
  });
});

test("bob reaches bob's", async () => {
  expect(await (await fetch((await downloadUrl(bob, { bucket, key: keyOf("bob") })).url)).text()).toBe("bob");
});
