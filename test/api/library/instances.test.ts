import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { runtimeOf } from "../../../src/app/runtime-of.ts";
import {
  ConfigError,
  createValetKey,
  type Grant,
  optionsFromEnvironment,
  type StoredEvent,
  type ValetKeyOptions,
} from "../../../src/index.ts";
import { startLibrary } from "../../support/library.ts";

const alice = { authenticated: true, subject: "alice" } as const;
const everything: readonly Grant[] = [{ bucket: "demo", allow: ["DOWNLOAD", "UPLOAD", "LIST"] }];
const object = { bucket: "demo", key: "file.txt" };

async function* content(text = "content") {
  yield Buffer.from(text);
}

test("two instances in one process share nothing", async () => {
  await using first = await startLibrary();
  await using second = await startLibrary();
  await first.valetKey.for({ authenticated: false }).uploadStream(content(), object);
  expect(await second.valetKey.for({ authenticated: false }).head(object)).toBe(undefined);
  const sessionsOf = async ({ valetKey }: typeof first) =>
    (await runtimeOf(valetKey).metrics.uploadBytes.get()).values[0]?.value;
  expect(await sessionsOf(first)).toBe(7);
  expect(await sessionsOf(second)).toBe(0);
  await first.valetKey.close();
  await expect(second.valetKey.for({ authenticated: false }).head(object)).resolves.toBe(undefined);
});

test("close ends everything, and may be called again", async () => {
  await using library = await startLibrary();
  const session = library.valetKey.for({ authenticated: false });
  const { url } = await session.downloadUrl(object, { verify: false });
  const endless = (async function* () {
    for (;;) {
      await sleep(10);
      yield new Uint8Array(2 ** 16);
    }
  })();
  const upload = session.uploadStream(endless, object);
  const refused = expect(upload).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
  await Promise.all([library.valetKey.close(), library.valetKey.close()]);
  await refused;
  await expect(fetch(url)).rejects.toThrow();
  await expect(library.valetKey.for(alice).head(object)).rejects.toMatchObject({ code: "OVERLOADED" });
  await expect(library.valetKey.context({ principal: alice })).rejects.toMatchObject({ code: "OVERLOADED" });
});

test("onObjectStored is called before success, and its failure is the caller's", async () => {
  const events: StoredEvent[] = [];
  await using library = await startLibrary({
    onObjectStored(event) {
      if (event.key === "refused") throw new Error("not processed");
      events.push(event);
    },
  });
  const session = library.valetKey.for({ authenticated: true, subject: "alice", claims: { role: "editor" } });
  await session.uploadStream(content(), object);
  await session.copy(object, { bucket: "demo", key: "copy" });
  const principal = { authenticated: true, subject: "alice", claims: { role: "editor" } };
  expect(events).toMatchObject([
    { ...object, size: 7, by: "uploadFile", principal },
    { bucket: "demo", key: "copy", size: 7, by: "copyObject", principal },
  ]);
  await expect(session.uploadStream(content(), { bucket: "demo", key: "refused" })).rejects.toMatchObject({
    code: "INTERNAL_SERVER_ERROR",
    retryable: true,
  });
});

describe("authorize", () => {
  test("replaces the embedded store's own grants, and adds to those of an access file", async () => {
    const authorize = () => everything;
    await using only = await startLibrary({ authorize });
    await expect(
      only.valetKey.for(alice).head({ bucket: "private", key: "users/alice/x" }),
    ).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(await only.valetKey.for(alice).head(object)).toBe(undefined);
    const rule = {
      who: "authenticated",
      bucket: "private",
      prefix: "users/{sub}/",
      allow: ["DOWNLOAD"],
    } as const;
    await using both = await startLibrary({ authorize, grants: { grants: [rule] } });
    await expect(
      both.valetKey
        .for(alice)
        .downloadUrls([object, { bucket: "private", key: "users/alice/x" }], { verify: false }),
    ).resolves.toMatchObject([{ bucket: "demo" }, { bucket: "private" }]);
  });

  test("is asked once for each caller and lifetime, however many requests wait", async () => {
    const asked: unknown[] = [];
    const authorize: ValetKeyOptions["authorize"] = async (principal) => {
      asked.push(principal);
      await sleep(20);
      return everything;
    };
    await using library = await startLibrary({ authorize, authorizeCacheSeconds: 3600 });
    const head = (subject: string, claims = {}) =>
      library.valetKey.for({ authenticated: true, subject, claims }).head(object);
    await Promise.all(Array.from({ length: 20 }, () => head("alice")));
    await head("alice");
    expect(asked).toEqual([{ authenticated: true, subject: "alice", claims: { sub: "alice" } }]);
    await head("bob");
    await head("alice", { role: "editor" });
    expect(asked).toHaveLength(3);
    await using uncached = await startLibrary({ authorize, authorizeCacheSeconds: 0 });
    for (const _ of [1, 2]) await uncached.valetKey.for(alice).head(object);
    expect(asked).toHaveLength(5);
  });

  test("fails closed when it rejects, and is asked again", async () => {
    let isBroken = true;
    await using library = await startLibrary({
      authorize() {
        if (isBroken) throw new Error("the database is down");
        return everything;
      },
    });
    await expect(library.valetKey.for(alice).head(object)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(library.valetKey.context({ principal: alice })).rejects.toMatchObject({ code: "FORBIDDEN" });
    isBroken = false;
    expect(await library.valetKey.for(alice).head(object)).toBe(undefined);
  });

  test.each([
    undefined,
    "everything",
    [{ bucket: "demo" }],
    [{ bucket: "demo", allow: [] }],
    [{ bucket: "demo", allow: ["EVERYTHING"] }],
    [{ bucket: "Not a bucket", allow: ["DOWNLOAD"] }],
    [{ bucket: "demo", prefix: "../", allow: ["DOWNLOAD"] }],
    [{ bucket: "demo", allow: ["DOWNLOAD"], maxUploadbytes: 1 }],
    [{ bucket: "demo", allow: ["DOWNLOAD"], contentTypes: [] }],
  ])("gives no grants when it returns %j", async (grants) => {
    await using library = await startLibrary({ authorize: () => grants as never });
    await expect(library.valetKey.for(alice).head(object)).rejects.toMatchObject({
      code: "INTERNAL_SERVER_ERROR",
    });
  });

  test("is not asked for the service", async () => {
    await using library = await startLibrary({ authorize: () => everything });
    await expect(library.valetKey.asService().head(object)).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

describe("authenticate", () => {
  const authenticate = async (given: ValetKeyOptions["authenticate"], headers = {}) => {
    await using library = await startLibrary({ authenticate: given });
    return await runtimeOf(library.valetKey).authenticate(headers);
  };

  test("says who the caller of a request is", async () => {
    const principal = await authenticate(
      ({ headers }) => ({ authenticated: true, subject: headers.get("x-user") ?? "" }),
      { "x-user": "alice" },
    );
    expect(principal).toEqual({ authenticated: true, subject: "alice", claims: { sub: "alice" } });
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("no session"))],
    [
      "throws",
      () => {
        throw new Error("no session");
      },
    ],
    ["returns nothing", () => undefined],
    ["returns a name", () => "alice"],
    ["returns no subject", () => ({ authenticated: true })],
  ])("fails closed when it %s", async (_, given) => {
    await expect(authenticate(given as never)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

describe("options", () => {
  test("are what the environment says", () => {
    const environment = {
      VALETKEY_MAX_FILES: "3",
      VALETKEY_SESSION_TAGS: "on",
      VALETKEY_MAX_UPLOAD_BYTES: "1MiB",
      HOME: "/",
    };
    expect(optionsFromEnvironment(environment)).toEqual({
      maxFiles: 3,
      sessionTags: true,
      maxUploadBytes: 2 ** 20,
    });
    expect(() => optionsFromEnvironment({ VALETKEY_MAX_FILES: "-1" })).toThrow(
      new ConfigError('VALETKEY_MAX_FILES: got "-1", takes an integer from 1 to 1000'),
    );
  });

  test.each<[object, string]>([
    [{ maxFiles: -1 }, 'maxFiles: got "-1", takes an integer from 1 to 1000'],
    [{ maxFile: 1 }, "maxFile: no such option; did you mean maxFiles?"],
    [{ secret: ["short"] }, "secret: got a value that is not shown, takes at least 32 bytes for each secret"],
    [{ nodeEnv: "production" }, "roleArn: missing; the embedded store is not for production"],
    [{ roleArn: "arn:aws:iam::111122223333:role/a" }, "grants: missing"],
    [
      { grants: { grants: [{ who: "everyone", bucket: "demo", allow: ["LIST"] }] } },
      "takes anonymous, authenticated",
    ],
    [{ authorize: () => [], authorizeCacheSeconds: -1 }, "authorizeCacheSeconds: got -1"],
    [{ maxFiles: {} }, "maxFiles: got {}, takes what the variable VALETKEY_MAX_FILES takes"],
  ])("are refused like %j with ConfigError", async (options, message) => {
    const started = createValetKey({ logLevel: "silent", ...options });
    await expect(started).rejects.toBeInstanceOf(ConfigError);
    await expect(started).rejects.toThrow(message);
  });
});

test("a caller who is not signed in is told to sign in, if a signed-in caller could have a grant", async () => {
  const rule = { who: "authenticated", bucket: "demo", prefix: "a/", allow: ["DOWNLOAD"] } as const;
  await using library = await startLibrary({ grants: { grants: [rule] } });
  const session = library.valetKey.for({ authenticated: false });
  await expect(session.head({ bucket: "demo", key: "a/b" })).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
  await expect(session.head({ bucket: "other", key: "a/b" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});
