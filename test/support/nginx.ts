import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { acceptsConnections, freePort } from "./ports.ts";
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
    const child = spawn("nginx", ["-p", folder.path, "-c", file, "-e", "stderr"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const errors = text(child.stderr);
    const exited = once(child, "exit");
    started.defer(async () => {
      child.kill("SIGTERM");
      await exited;
    });
    const failed = exited.then(async () => {
      throw new Error(`nginx has ended: ${await errors}`);
    });
    failed.catch(() => {});
    await Promise.race([acceptsConnections(port), failed]);
    return { url: `http://127.0.0.1:${port}` };
  });
}
