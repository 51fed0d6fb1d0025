import { createServer } from "node:http";
import { createValetKey } from "valetkey";
import { valetKeyExpress } from "valetkey/express";
import { photos, signIn } from "../application.ts";

/** Valet Key as a subgraph. The stand-alone server with VALETKEY_FEDERATION=on does the same in a deployment of its own. */
export async function startFilesSubgraph(port: number) {
  const valetKey = await createValetKey({
    federation: true,
    grants: {
      grants: [
        { who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: ["DOWNLOAD", "UPLOAD"] },
      ],
    },
    authenticate: ({ headers }) => signIn(headers.get("authorization")),
    onObjectStored: (event) => photos.save(event),
  });
  const server = createServer(valetKeyExpress(valetKey));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/graphql`,
    close: () => new Promise((resolve) => server.close(resolve)).then(() => valetKey.close()),
  };
}
