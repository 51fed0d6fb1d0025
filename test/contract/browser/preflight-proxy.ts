import { request } from "node:http";
import { pipeline } from "node:stream";
import { startHttpServer } from "../../support/listening.ts";
import type { Closable } from "../../support/resources.ts";
import { shareInFile } from "../../support/share-in-file.ts";
import { store } from "../store.ts";

/** The URL of the store, or of a proxy in front of it if pages could not send files to the store itself. */
export async function reachableFromPages(): Promise<string> {
  if (!store.differs("checksSignaturesOfPreflights")) return store.endpoint;
  return (await shareInFile(startPreflightProxy(store.endpoint))).url;
}

/**
 * Passes requests on to the store, and removes the query of preflight requests, as docs/guides/cors.md recommends for
 * versions of Ceph that check the signature in it.
 */
async function startPreflightProxy(storeUrl: string): Promise<Closable & { readonly url: string }> {
  const { hostname, port } = new URL(storeUrl);
  const server = await startHttpServer((incoming, outgoing) => {
    const { method, url = "/", rawHeaders: headers } = incoming;
    const path = method === "OPTIONS" ? url.replace(/\?.*/, "") : url;
    // The Host header stays as it is, because the signature covers it.
    const upstream = request({ hostname, port, agent: false, method, path, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
      pipeline(response, outgoing, () => {});
    });
    pipeline(incoming, upstream, () => {});
    upstream.on("error", () => outgoing.destroy());
  });
  server.server.requestTimeout = 0;
  return server;
}
