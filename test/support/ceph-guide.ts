import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { codeBlocks } from "./markdown.ts";
import { makeTemporaryFolder } from "./resources.ts";
import type { AccessKey } from "./store-description.ts";

const docs = resolve(import.meta.dirname, "../../docs");
const read = (path: string) => readFileSync(join(docs, path), "utf8");
/** The guide without the spaces of its list. */
const guide = read("guides/deploy-ceph-minio.md").replaceAll(/^ {3}/gm, "");

/** The variables that the guide sets, as it sets them. */
export function guidesVariables(): Record<string, string> {
  const [block = ""] = codeBlocks("sh", guide);
  return Object.fromEntries(
    [...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}

/** nginx in front of the gateway, as the guide configures it. */
export function gatewaysNginx(gatewayUrl: string): string {
  const [block = ""] = codeBlocks("nginx", guide);
  return block.replace("http://ceph.internal:7480", gatewayUrl);
}

export interface GuidesStore {
  readonly bucket: string;
  readonly roleArn: string;
  /** The keys of the user that may only assume the role. */
  readonly serverKey: AccessKey;
}

/** Carries out the guide's commands for users, role and bucket at a Ceph, which has other users and roles already. */
export async function followCephGuide(gatewayUrl: string, configurationFile: string): Promise<GuidesStore> {
  await using folder = await makeTemporaryFolder("ceph-guide");
  const bucket = "guides-content";
  const ofGuide = (command: string) =>
    command
      .replaceAll("user-content", bucket)
      .replaceAll(/(?<=name=)(owner|valetkey)\b/g, "guides-$1")
      .replaceAll(/(?<=--uid=|user\/)(owner|valetkey-server)\b/g, "guides-$1");
  const run = async (command: string, env: Record<string, string>) => {
    const { stdout } = await promisify(execFile)("sh", ["-e", "-c", ofGuide(command)], {
      cwd: folder.path,
      env: { PATH: process.env.PATH, ...env },
    });
    return stdout;
  };
  const [users = "", role = ""] = codeBlocks("ceph", guide);
  const [bucketCommands = ""] = codeBlocks("ceph-bucket", guide);

  const output = await run(users, { CEPH_CONF: configurationFile });
  const [owner, serverKey] = output
    .split(/(?<=^\})$/m)
    .filter((text) => text.trim() !== "")
    .map((text) => {
      const { access_key, secret_key } = JSON.parse(text).keys[0];
      return { accessKeyId: access_key, secretAccessKey: secret_key } as AccessKey;
    });
  if (owner === undefined || serverKey === undefined) throw new Error(`There should be two users: ${output}`);
  await run(role, { CEPH_CONF: configurationFile });

  const [cors = ""] = codeBlocks("json", read("guides/cors.md"));
  await writeFile(join(folder.path, "cors.json"), cors);
  const lifecycle = codeBlocks("json", read("uploads.md")).find((text) => text.includes("AbortIncomplete"));
  await writeFile(join(folder.path, "lifecycle.json"), lifecycle ?? "");
  await run(bucketCommands, {
    CEPH_URL: gatewayUrl,
    AWS_ACCESS_KEY_ID: owner.accessKeyId,
    AWS_SECRET_ACCESS_KEY: owner.secretAccessKey,
    AWS_DEFAULT_REGION: guidesVariables().AWS_REGION ?? "",
  });
  return { bucket, roleArn: "arn:aws:iam:::role/guides-valetkey", serverKey };
}
