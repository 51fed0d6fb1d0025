import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { AccessFileError, parseAccessFile } from "../../../src/access/access-file.ts";
import { CdnKeyError, parseCdnKey, readCdnKey } from "../../../src/access/cdn-key.ts";
import { parseBucketName } from "../../../src/core/object-address.ts";
import { makeCdnKeyPair, writeCdnKey } from "../../support/cdn-keys.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";

const folder = (await shareInFile(makeTemporaryFolder("cdn-keys"))).path;
const keyPair = await makeCdnKeyPair("ec");
const keyFile = await writeCdnKey(folder, keyPair);
const url = "https://d111111abcdef8.cloudfront.net";

const parse = (cdn: unknown) => {
  const text = `buckets:\n  media:\n    cdn: ${JSON.stringify(cdn)}\ngrants: []\n`;
  return parseAccessFile(text, "access.yaml").buckets.get(parseBucketName("media"))?.cdn;
};
const faultsOf = (cdn: unknown): string => {
  try {
    parse(cdn);
    return "";
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    return error.message;
  }
};
const valid = { url, keyPairId: "K2JCJMDEHXQW5F", privateKeyFile: keyFile };
const fileWith = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

describe("cdn in the access file", () => {
  test("has the origin of a distribution, the id of its key and the key itself", () => {
    const cdn = parse({ ...valid, url: `${url}/` });
    expect(cdn).toMatchObject({ url, keyPairId: valid.keyPairId });
    expect(cdn?.privateKey.equals(keyPair.privateKey)).toBe(true);
  });

  test.each([
    "http://127.0.0.1:8080",
    "http://localhost:8080",
    "http://[::1]:8080",
    "https://cdn.example.com",
  ])("takes %s", (origin) => expect(parse({ ...valid, url: origin })?.url).toBe(origin));

  test.each(["HTTPS://CDN.Example.com", "https://cdn.example.com:443/"])(
    "takes %s as the origin that it is",
    (given) => expect(parse({ ...valid, url: given })?.url).toBe("https://cdn.example.com"),
  );

  test.each<[string, unknown]>([
    ["takes the https URL", "d111111abcdef8.cloudfront.net"],
    ["takes the https URL", "ftp://d111111abcdef8.cloudfront.net"],
    ["takes the https URL", 5],
    ["http is for loopback addresses only", "http://d111111abcdef8.cloudfront.net"],
    ["without a path, a query or a user", `${url}/media`],
    ["without a path, a query or a user", `${url}?a=b`],
    ["without a path, a query or a user", `${url}/#top`],
    ["without a path, a query or a user", "https://user:password@cdn.example.com"],
  ])("says that url %s, not %j", (message, given) => {
    expect(faultsOf({ ...valid, url: given })).toMatch(/^access\.yaml:3:\d+: buckets\.media\.cdn\.url: /);
    expect(faultsOf({ ...valid, url: given })).toContain(message);
  });

  // The ids of a distribution, a key group, an access key, and something else.
  test.each(["E2QWRUHAPOMQZL", "4b4f2r1c-315d-5c2e-f093-216t50jed10f", "AKIAIOSFODNN7EXAMPLE", "k1", "", 5])(
    "says that %j is not the id of a public key",
    (keyPairId) => {
      expect(faultsOf({ ...valid, keyPairId })).toMatch(
        /^access\.yaml:3:\d+: buckets\.media\.cdn\.keyPairId: takes the id of a CloudFront public key/,
      );
    },
  );

  test("says which property is missing or unknown", () => {
    expect(faultsOf({ url, keyPairId: valid.keyPairId })).toContain(
      "buckets.media.cdn.privateKeyFile: takes the path",
    );
    expect(faultsOf({ ...valid, color: "blue" })).toContain('"color" is not a property here');
    expect(faultsOf("https://example.com")).toContain("buckets.media.cdn");
  });

  test("says where a key file is named that cannot be used", async () => {
    const missing = join(folder, "missing.pem");
    const column =
      `    cdn: ${JSON.stringify({ ...valid, privateKeyFile: missing })}`.indexOf(JSON.stringify(missing)) +
      1;
    expect(faultsOf({ ...valid, privateKeyFile: missing })).toBe(
      `access.yaml:3:${column}: buckets.media.cdn.privateKeyFile: ${JSON.stringify(missing)} cannot be read (ENOENT): takes a PEM file with an unencrypted private key, RSA of 2,048 bits or ECDSA on P-256`,
    );
  });
});

describe("two buckets with one distribution", () => {
  const warningsOf = (one: object, other: object) =>
    parseAccessFile(
      JSON.stringify({ grants: [], buckets: { media: { cdn: one }, films: { cdn: other } } }, null, 1),
      "access.yaml",
    ).warnings;

  test("get a warning, because a grant on one may open the other", () => {
    expect(warningsOf(valid, { ...valid, keyPairId: "KOTHERKEY" })).toEqual([
      expect.stringMatching(
        /^access\.yaml:\d+:\d+: buckets\.films\.cdn\.url: is also the CDN of the bucket "media", so a grant on one of them may open objects of the other/,
      ),
    ]);
  });

  test("get none if each has its own", () => {
    expect(warningsOf(valid, { ...valid, url: "https://cdn.example.com" })).toEqual([]);
  });
});

const encrypted = { cipher: "aes-256-cbc", passphrase: "a passphrase" };
const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
const onCurve = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;
const pkcs8 = { type: "pkcs8", format: "pem" } as const;

describe("a key file", () => {
  test.each([
    ["PKCS #8 of RSA", rsa(2048).export(pkcs8)],
    ["PKCS #1", rsa(2048).export({ type: "pkcs1", format: "pem" })],
    ["PKCS #8 of ECDSA", onCurve("prime256v1").export(pkcs8)],
    ["SEC 1", onCurve("prime256v1").export({ type: "sec1", format: "pem" })],
    [
      "SEC 1 with the parameters that openssl writes before it",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${onCurve("prime256v1").export({ type: "sec1", format: "pem" })}`,
    ],
    ["the line ends of Windows", String(rsa(2048).export(pkcs8)).replaceAll("\n", "\r\n")],
  ])("may have %s", (_, pem) => {
    expect(parseCdnKey(String(pem)).type).toBe("private");
  });

  test.each([
    ["is encrypted with a passphrase", rsa(2048).export({ ...pkcs8, ...encrypted })],
    ["is encrypted with a passphrase", rsa(2048).export({ type: "pkcs1", format: "pem", ...encrypted })],
    [
      "is encrypted with a passphrase",
      onCurve("prime256v1").export({ type: "sec1", format: "pem", ...encrypted }),
    ],
    ["has an RSA key of 1024 bits", rsa(1024).export(pkcs8)],
    ["has an RSA key of 3072 bits", rsa(3072).export(pkcs8)],
    ["has a key on the curve secp384r1", onCurve("secp384r1").export(pkcs8)],
    ["has a key on the curve secp256k1", onCurve("secp256k1").export(pkcs8)],
    ["has a key of the type ed25519", generateKeyPairSync("ed25519").privateKey.export(pkcs8)],
    [
      "has a key of the type rsa-pss",
      generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey.export(pkcs8),
    ],
    ["has a public key", keyPair.publicKey.export({ type: "spki", format: "pem" })],
    ["has no private key", "hello"],
    ["has no private key", ""],
    ["cannot be parsed", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"],
  ])("that %s is refused", (message, pem) => {
    expect(() => parseCdnKey(String(pem))).toThrow(CdnKeyError);
    expect(() => parseCdnKey(String(pem))).toThrow(message);
  });

  test("has to be a regular file of at most 64 KiB that this process may read", async () => {
    expect(() => readCdnKey(folder)).toThrow("is not a regular file");
    const large = await fileWith("large.pem", "x".repeat(65 * 2 ** 10));
    expect(() => readCdnKey(large)).toThrow("more than 64 KiB");
    await mkdir(join(folder, "closed"));
    expect(() => readCdnKey(join(folder, "closed", "none.pem"))).toThrow("cannot be read (ENOENT)");
    const unreadable = await fileWith("unreadable.pem", keyPair.pem);
    await chmod(unreadable, 0o000);
    // The superuser may read everything.
    if (process.getuid?.() !== 0) expect(() => readCdnKey(unreadable)).toThrow("cannot be read (EACCES)");
  });
});

test("a private key is in no text: not in errors, in JSON, or in what a log or a debugger shows", async () => {
  const lines = keyPair.pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  const broken = await fileWith("broken.pem", keyPair.pem.replace(lines[1] ?? "", ""));
  let thrown: unknown;
  try {
    parse({ ...valid, privateKeyFile: broken });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AccessFileError);
  const cdn = parse(valid);
  for (const shown of [
    inspect(thrown, { depth: 9, showHidden: true }),
    JSON.stringify(cdn),
    inspect(cdn, { depth: 9, showHidden: true }),
  ]) {
    for (const line of lines) expect(shown).not.toContain(line);
  }
});
