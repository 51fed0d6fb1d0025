import { join, resolve } from "node:path";
import { build } from "rolldown";
import { type HttpServer, startHttpServer } from "../support/listening.ts";

const root = resolve(import.meta.dirname, "../..");

const html =
  '<!doctype html><meta charset="utf-8"><title>A page</title><body><script type="module" src="/page.js"></script>';

/** Bundles a program for browsers, and serves it on a page of its own. It uses the source of the workspace's packages. */
export async function startBundledPage(program: string): Promise<HttpServer> {
  const { output } = await build({
    input: join(root, program),
    platform: "browser",
    tsconfig: false,
    resolve: { conditionNames: ["@valetkey/source", "browser", "import", "default"] },
    // React checks more, and mounts components of StrictMode twice, only in development.
    transform: { define: { "process.env.NODE_ENV": '"development"' }, jsx: { runtime: "automatic" } },
    output: { codeSplitting: false },
    checks: { moduleLevelDirective: false },
    logLevel: "warn",
    write: false,
  });
  const script = output[0].code;
  return await startHttpServer((request, response) => {
    if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(script);
    else if (request.url === "/favicon.ico") response.writeHead(204).end();
    else response.setHeader("content-type", "text/html; charset=utf-8").end(html);
  });
}
