import { describe, expect, test } from "vitest";
import { startIssuer } from "../support/issuer.ts";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, otherBucket, startTestServer } from "../support/test-server.ts";

const issuer = await shareInFile(startIssuer());
const server = await shareInFile(
  startTestServer({
    issuer,
    grants: [
      { who: "anonymous", bucket, prefix: "public/", allow: ["DOWNLOAD"] },
      {
        who: "authenticated",
        bucket,
        prefix: "users/{sub}/",
        allow: ["UPLOAD", "DOWNLOAD"],
        maxUploadBytes: "5GiB",
        contentTypes: ["image/*", "application/pdf"],
      },
      { who: { role: ["editor", "owner"] }, bucket: otherBucket, allow: ["LIST", "DELETE"] },
    ],
  }),
);

const query = `{
  viewer { subject authenticated grants { bucket prefix actions maxUploadBytes contentTypes } }
}`;
interface Viewer {
  readonly subject: string | null;
  readonly authenticated: boolean;
  readonly grants: readonly { readonly bucket: string; readonly prefix: string }[];
}
const viewerOf = async (token?: string): Promise<Viewer> => {
  const client = token === undefined ? server.client : server.client.as(token);
  return (await client.data<{ viewer: Viewer }>(query)).viewer;
};

const publicGrant = {
  bucket,
  prefix: "public/",
  actions: ["DOWNLOAD"],
  maxUploadBytes: null,
  contentTypes: null,
};

describe("viewer", () => {
  test("without a token is anonymous, with the grants of anonymous callers", async () => {
    expect(await viewerOf()).toEqual({ subject: null, authenticated: false, grants: [publicGrant] });
  });

  test("with a token is its subject, with the claims filled in", async () => {
    const viewer = await viewerOf(await issuer.token({ sub: "alice", role: "reader" }));
    expect(viewer).toMatchObject({ subject: "alice", authenticated: true });
    expect(viewer.grants).toContainEqual({
      bucket,
      prefix: "users/alice/",
      actions: ["DOWNLOAD", "UPLOAD"],
      maxUploadBytes: 5 * 2 ** 30,
      contentTypes: ["image/*", "application/pdf"],
    });
    expect(viewer.grants.map((grant) => grant.bucket)).not.toContain(otherBucket);
  });

  test.each(["editor", "owner"])("has what the claim role=%s gives", async (role) => {
    const { grants } = await viewerOf(await issuer.token({ sub: "eve", role }));
    expect(grants).toContainEqual({
      bucket: otherBucket,
      prefix: "",
      actions: ["LIST", "DELETE"],
      maxUploadBytes: null,
      contentTypes: null,
    });
  });

  test.each(["../bob", "a/b", "..", ".", "nul\u0000", "line\nbreak"])(
    "with the subject %j has no grant that names it",
    async (sub) => {
      const viewer = await viewerOf(await issuer.token({ sub }));
      expect(viewer).toMatchObject({ subject: sub, authenticated: true });
      expect(viewer.grants.map(({ prefix }) => prefix)).not.toContainEqual(expect.stringMatching(/^users/));
    },
  );

  test("needs no role session", async () => {
    await viewerOf(await issuer.token({ sub: "carol" }));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^valetkey_role_sessions 0$/m);
  });
});
