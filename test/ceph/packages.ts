import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { findBrowser } from "../browser/browsers.ts";

const run = promisify(execFile);

/** Debian's package of each program that a cluster is made of. */
const packageOf = {
  "ceph-mon": "ceph-mon",
  monmaptool: "ceph-common",
  "ceph-osd": "ceph-osd",
  ceph: "ceph-common",
  radosgw: "radosgw",
  "radosgw-admin": "radosgw",
} as const;

/**
 * Installs what is missing of Ceph, and of the programs that its suite needs, from Debian's archive: about 63 MB for Ceph, nothing the next time.
 * @throws {Error} when packages are missing and this is not root, or apt-get fails
 */
export async function installCephPackages(log: (line: string) => void): Promise<void> {
  const missing = new Set<string>();
  // A test of the guide runs its commands.
  if (!(await isOnPath("aws"))) missing.add("awscli");
  // The suite of Ceph also has tests in Chromium, and one behind nginx.
  if (!(await isOnPath("nginx"))) missing.add("nginx-light");
  if (findBrowser("chromium") === undefined) missing.add("chromium");
  for (const [program, debianPackage] of Object.entries(packageOf)) {
    if (!(await isOnPath(program))) missing.add(debianPackage);
  }
  if (missing.size === 0) return;
  const names = [...missing];
  if (process.getuid?.() !== 0) {
    throw new Error(`Packages are missing. As root: apt-get install ${names.join(" ")}`);
  }
  log(`installing ${names.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300"];
  await run("apt-get", [...apt, "update"], { env, maxBuffer: 1 << 26 });
  await run("apt-get", [...apt, "install", "--no-install-recommends", ...names], { env, maxBuffer: 1 << 26 });
}

async function isOnPath(program: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    try {
      await access(join(folder, program), constants.X_OK);
      return true;
    } catch {
      // Not in this folder.
    }
  }
  return false;
}
