import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Boto3, fromBoto3, hasBoto3, toBoto3 } from "../support/boto3.ts";
import { commandLineClients, curlIn, signWithCurl } from "../support/command-line-clients.ts";
import { startIssuer } from "../support/issuer.ts";
import { completeUpload, downloadUrl, type KeyValue, requestUpload } from "../support/operations.ts";
import { makeTemporaryFolder } from "../support/resources.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { hasCurl } from "../support/shell.ts";
import { type IssuedCredentials, requestCredentials } from "../support/temporary-credentials.ts";
import { startTestServer } from "../support/test-server.ts";
import { inspect, noise, ownPrefix, seed, store } from "./store.ts";

/**
 * Clients of S3 that have nothing in common with the AWS SDK for JavaScript: what they do with the server's URLs and
 * temporary credentials. A test needs the client to be installed.
 */

const bucket = store.buckets.main;
const { endpoint, region } = store;
const prefix = ownPrefix("other-clients");
const own = `${prefix}temporary/`;
const above = `${prefix}above.txt`;

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    store,
    issuer,
    grants: [
      {
        who: "authenticated",
        bucket,
        prefix,
        allow: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE", "CREDENTIALS"],
      },
    ],
  }),
);
const alice = server.client.as(await issuer.token({ sub: "alice" }));
const folder = (await shareInFile(makeTemporaryFolder("other-clients"))).path;
const curl = curlIn(folder);
await seed(bucket, above, "above");

const issueCredentials = (): Promise<IssuedCredentials> =>
  requestCredentials(alice, { bucket, prefix: own, actions: ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] });
const textOf = async (key: string) => (await inspect(bucket, key))?.body.toString();

describe("temporary credentials end at their prefix:", () => {
  test.skipIf(!hasBoto3)("boto3 (needs python3-boto3)", async () => {
    await using boto3 = new Boto3();
    const issued = await issueCredentials();
    const s3 = boto3.s3(issued);
    const file = { Bucket: bucket, Key: `${own}1+1 é.txt` };
    await s3("put_object", { ...file, Body: toBoto3("mine") });
    const { Contents } = await s3("list_objects_v2", { Bucket: bucket, Prefix: own });
    expect(Contents).toEqual(expect.arrayContaining([expect.objectContaining({ Key: file.Key })]));
    expect(fromBoto3((await s3("get_object", file)).Body).toString()).toBe("mine");
    const download = { operation: "get_object", parameters: file, expiresInSeconds: 60 } as const;
    const [url = ""] = await boto3.presign(issued, [download]);
    expect(await (await fetch(url)).text()).toBe("mine");

    const foreign = { Bucket: bucket, Key: above };
    const refusals: [string, object][] = [
      ["get_object", foreign],
      ["put_object", { ...foreign, Body: toBoto3("mine") }],
      ["delete_object", foreign],
      ["list_objects_v2", { Bucket: bucket, Prefix: prefix }],
      ["copy_object", { Bucket: bucket, Key: `${own}stolen.txt`, CopySource: foreign }],
    ];
    for (const [method, parameters] of refusals)
      await expect(s3(method, parameters), method).rejects.toMatchObject({
        code: "AccessDenied",
        status: 403,
      });
    expect(await textOf(above)).toBe("above");
  });

  test.for(commandLineClients)(
    "$name",
    async ({ name, isInstalled, packageName, put, with: clientWith }, test) => {
      test.skip(!isInstalled, `It needs ${packageName}.`);
      const run = clientWith({ endpoint, region, folder, credentials: await issueCredentials() });
      await writeFile(join(folder, packageName), name);
      await run(put, packageName, `s3://${bucket}/${own}${packageName} 1+1.txt`);
      expect(await textOf(`${own}${packageName} 1+1.txt`)).toBe(name);
      expect(await run("ls", `s3://${bucket}/${own}`)).toContain(`${packageName} 1+1.txt`);
      const refusals = [
        ["ls", `s3://${bucket}/${prefix}`],
        [put, packageName, `s3://${bucket}/${above}`],
      ];
      for (const words of refusals)
        await expect(run(...words), words.join(" ")).rejects.toMatchObject({
          // Ceph's errors have no message, which the AWS CLI does not expect.
          stderr: expect.stringMatching(/AccessDenied|Access Denied|403|'NoneType'/),
        });
      expect(await textOf(above)).toBe("above");
    },
  );

  test.skipIf(!hasCurl)("curl, which signs by itself (needs curl)", async () => {
    const options = signWithCurl({ region, credentials: await issueCredentials() });
    const urlOf = (key: string) => `${endpoint}/${bucket}/${key}`;
    await writeFile(join(folder, "curl.txt"), "from curl");
    await curl("--fail", ...options, "--upload-file", "curl.txt", urlOf(`${own}curl.txt`));
    expect(await curl("--fail", ...options, urlOf(`${own}curl.txt`))).toBe("from curl");
    expect(await curl(...options, urlOf(above))).toContain("<Code>AccessDenied</Code>");
  });
});

describe.skipIf(!hasCurl)("curl (needs curl)", () => {
  const headerOptions = (headers: readonly KeyValue[]) =>
    headers.flatMap(({ name, value }) => ["--header", `${name}: ${value}`]);
  const send = async (bytes: Uint8Array, { url, headers }: { url: string; headers: readonly KeyValue[] }) => {
    await writeFile(join(folder, "to-send"), bytes);
    await curl("--fail", ...headerOptions(headers), "--upload-file", "to-send", url);
  };

  test.each([
    "a file  of three words.txt",
    "1+1=2&3.txt",
    "100%/%20/%2F.txt",
    "a//b///c.txt",
    "what?#;:@$,!'()*[]{}|\\^`~<>\".txt",
    "한국어 é e\u0301 👩‍👩‍👧.txt",
  ])("uses the URLs of %s as they are", async (name) => {
    const address = { bucket, key: `${prefix}curl/${name}` };
    const bytes = Buffer.from(name);
    await send(bytes, await requestUpload(alice, "PUT", { input: address, size: bytes.length }));
    expect(await textOf(address.key)).toBe(name);
    const { url } = await downloadUrl(alice, address);
    expect(await curl("--fail", url)).toBe(name);
  });

  test("uploads in parts", async () => {
    const bytes = noise(6 * 2 ** 20);
    const input = { bucket, key: `${prefix}curl/in parts` };
    const upload = await requestUpload(alice, "MULTIPART", { input, size: bytes.length, firstParts: 1_000 });
    for (const part of upload.parts)
      await send(bytes.subarray((part.number - 1) * upload.partSize).subarray(0, part.size), part);
    await completeUpload(alice, upload.id);
    const { url } = await downloadUrl(alice, input);
    await curl("--fail", "--output", "received", url);
    expect((await readFile(join(folder, "received"))).equals(bytes)).toBe(true);
  });
});
