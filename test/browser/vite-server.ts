import { join } from "node:path";
import { createServer } from "vite";

/** Vite's development server, as `npm run dev` starts it. */
export async function startVite(root: string): Promise<AsyncDisposable & { readonly url: string }> {
  const configFile = join(root, "vite.config.ts");
  const server = await createServer({
    root,
    configFile,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0 },
  });
  await server.listen();
  const [url = ""] = server.resolvedUrls?.local ?? [];
  return { url, [Symbol.asyncDispose]: () => server.close() };
}
