import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BreakingProxy, startBreakingProxy } from "../support/breaking-proxy.ts";
import { buildProgram, type EndedProgram, type RunningProgram } from "../support/built-program.ts";
import { type Issuer, startIssuer } from "../support/issuer.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "../support/resources.ts";
import { prepareTestServer, type ReachableStore } from "../support/test-server.ts";
import { bucket, startTestStore } from "../support/test-store.ts";
import type { Sample } from "./report.ts";

export interface SoakedServer extends Closable, Pick<ReachableStore, "admin"> {
  readonly url: string;
  readonly running: RunningProgram;
  /** Between the server and its clients on one side, and S3 and STS on the other. */
  readonly proxy: BreakingProxy;
  readonly issuer: Issuer;
  /** Lets callers read below another prefix than before, and tells the server to read the access file again. */
  changeGrants(prefix: string): Promise<void>;
  /** Runs `valetkey sweep` with the server's environment. */
  sweep(): Promise<EndedProgram>;
  /** What the probe has measured so far. */
  samples(): Promise<Sample[]>;
}

export interface SoakedServerOptions {
  readonly sampleMs: number;
  /** What the probe leaks on purpose: `heap`, `descriptors` or `loop`. */
  readonly leak: string | undefined;
}

/** Starts the built server with the probe in it, on an embedded store behind a proxy. */
export function startSoakedServer({ sampleMs, leak }: SoakedServerOptions): Promise<SoakedServer> {
  return startTogether(async (started) => {
    const { description: store } = await started.use(startTestStore());
    const proxy = await started.use(startBreakingProxy(store.endpoint));
    const issuer = await started.use(startIssuer());
    const prepared = await started.use(
      prepareTestServer({ store, s3Url: proxy.url, stsUrl: proxy.url, issuer }),
    );
    const program = await started.use(buildProgram());
    const folder = await started.use(makeTemporaryFolder("soak"));
    const accessFile = join(folder.path, "access.json");
    const samplesFile = join(folder.path, "samples");
    await writeFile(accessFile, accessFileWith("shared/0/"));
    await appendFile(samplesFile, "");
    const env = {
      ...prepared.env,
      NODE_ENV: "production",
      LOG_LEVEL: "info",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      VALETKEY_GRANTS: accessFile,
      // Sessions are renewed during a run of an hour.
      VALETKEY_SESSION_SECONDS: "900",
      VALETKEY_MULTIPART_BYTES: "8MiB",
    };
    const running = program.start({
      ...env,
      NODE_OPTIONS: `--import ${pathToFileURL(resolve("test/soak/probe.mjs")).href}`,
      SOAK_SAMPLES: samplesFile,
      SOAK_SAMPLE_MS: String(sampleMs),
      ...(leak !== undefined && { SOAK_LEAK: leak }),
    });
    return {
      url: await running.ready,
      running,
      proxy,
      issuer,
      admin: prepared.admin,
      async changeGrants(prefix: string) {
        // The server may be reading the file just now.
        await writeFile(`${accessFile}.new`, accessFileWith(prefix));
        await rename(`${accessFile}.new`, accessFile);
        running.process.kill("SIGHUP");
      },
      sweep: () => program.cli(["sweep", bucket, "--older-than", "0", "--abort"], env),
      async samples() {
        const lines = (await readFile(samplesFile, "utf8")).trim().split("\n");
        return lines.map((line) => JSON.parse(line) as Sample);
      },
    };
  });
}

function accessFileWith(prefix: string): string {
  const all = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"];
  const grants = [
    { who: "authenticated", bucket, prefix: "users/{sub}/", allow: all },
    { who: "authenticated", bucket, prefix, allow: ["DOWNLOAD"] },
  ];
  return JSON.stringify({ grants });
}
