import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/**
 * Serves the built files of a web page, which browsers may keep forever because their names contain a hash of their
 * content. A file `a.js.br` or `a.js.gz` is sent in place of `a.js` to clients that accept that encoding.
 */
export async function serveHashedFiles(
  server: FastifyInstance,
  { directory, prefix }: { readonly directory: string; readonly prefix: string },
): Promise<void> {
  await server.register(async (scope) => {
    scope.addHook("onRequest", function varyByEncoding(_request, reply, done) {
      // CORS may have set the header already.
      const vary = [reply.getHeader("vary"), "accept-encoding"].filter((each) => each !== undefined);
      reply.header("vary", vary.join(", "));
      done();
    });
    await scope.register(fastifyStatic, {
      root: directory,
      prefix,
      index: false,
      decorateReply: false,
      preCompressed: true,
      immutable: true,
      maxAge: "1y",
    });
  });
}
