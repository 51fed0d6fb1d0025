import { existsSync } from "node:fs";
import { join } from "node:path";

/** The web pages that the build writes, beside the server's bundle or, when the server runs from its source, in dist/. */
export const builtPages = existsSync(join(import.meta.dirname, "web"))
  ? import.meta.dirname
  : join(import.meta.dirname, "../../dist");
