import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { runProxy } from "./proxy-program.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";

/** Folders for bodies that nginx buffers. By default they would be in /var. */
const bodyFolders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

export interface Nginx extends Closable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/**
 * Runs nginx with the configuration that a guide shows.
 * @param http the content of the block `http`. Its server listens on a free port of 127.0.0.1 without TLS instead.
 */
export function startNginx(http: string): Promise<Nginx> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("nginx"));
    await Promise.all(bodyFolders.map((name) => mkdir(join(folder.path, name))));
    const port = await freePort();
    const configuration = [
      // As root, nginx would give up rights, and could not write into the folder.
      ...(process.getuid?.() === 0 ? ["user root;"] : []),
      "worker_processes 1;",
      "daemon off;",
      "pid nginx.pid;",
      "events {}",
      "http {",
      "access_log off;",
      ...bodyFolders.map((name) => `${name}_temp_path ${join(folder.path, name)};`),
      http.replace(/listen [^;]+;/, `listen 127.0.0.1:${port};`).replaceAll(/^\s*ssl_.*$/gm, ""),
      "}",
    ];
    const file = join(folder.path, "nginx.conf");
    await writeFile(file, configuration.join("\n"));
    await runProxy(started, ["nginx", "-p", folder.path, "-c", file, "-e", "stderr"], port);
    return { url: `http://127.0.0.1:${port}` };
  });
}
