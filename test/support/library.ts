import { createValetKey, type ValetKey, type ValetKeyOptions } from "../../src/index.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";

export interface TestLibrary extends Closable {
  readonly valetKey: ValetKey;
}

/** Starts Valet Key without an HTTP server, on an embedded store of its own. */
export function startLibrary(options: ValetKeyOptions = {}): Promise<TestLibrary> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("library"));
    const valetKey = await createValetKey({ dataDir: folder.path, logLevel: "silent", ...options });
    started.defer(() => valetKey.close());
    return { valetKey };
  });
}
