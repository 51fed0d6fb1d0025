import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { runProxy } from "./proxy-program.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";

export interface HAProxy extends Closable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/**
 * Runs HAProxy with the configuration that a guide shows.
 * @param configuration the whole file. Its frontend listens on a free port of 127.0.0.1 without TLS instead.
 */
export function startHAProxy(configuration: string): Promise<HAProxy> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("haproxy"));
    const port = await freePort();
    const file = join(folder.path, "haproxy.cfg");
    await writeFile(file, `${configuration.replace(/\bbind .+/, `bind 127.0.0.1:${port}`)}\n`);
    await runProxy(started, ["haproxy", "-db", "-f", file], port);
    return { url: `http://127.0.0.1:${port}` };
  });
}
