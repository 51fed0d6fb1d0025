import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of this name in the build's output, which the server's bundle is in too. */
export function builtFiles(name: string): string {
  const besideBundle = join(import.meta.dirname, name);
  return existsSync(besideBundle) ? besideBundle : join(import.meta.dirname, "../../dist", name);
}
