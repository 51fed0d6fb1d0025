import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { freePort } from "./program.mjs";

/**
 * One worker of nginx in front of these servers, which keeps its connections to them open.
 * @param {string[]} origins
 */
export async function startNginx(origins) {
  const directory = await mkdtemp(join(tmpdir(), "valetkey-nginx-"));
  const port = await freePort();
  const file = join(directory, "nginx.conf");
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  await writeFile(
    file,
    `${process.getuid() === 0 ? "user root;" : ""}
    worker_processes 1;
    daemon off;
    pid nginx.pid;
    events { worker_connections 1024; }
    http {
      access_log off;
      ${bodies.map((name) => `${name}_temp_path ${directory};`).join("\n")}
      upstream replicas {
        ${origins.map((origin) => `server ${new URL(origin).host};`).join("\n")}
        keepalive 64;
      }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://replicas;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
        }
      }
    }`,
  );
  const child = spawn("nginx", ["-p", directory, "-c", file, "-e", "stderr"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const origin = `http://127.0.0.1:${port}`;
  const isReady = () =>
    request(`${origin}/readyz`).then(
      ({ body }) => body.dump().then(() => true),
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}.`);
    await sleep(10);
  }
  return {
    origin,
    pid: child.pid,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}
