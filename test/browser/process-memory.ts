import { readdir, readFile } from "node:fs/promises";

/** The memory of a process and of all that it has started, in bytes, without files that are mapped into it. */
export async function memoryOfProcesses(root: number): Promise<number> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = /\) \S (\d+) /.exec(status)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  let bytes = 0;
  for (const pid of parents.keys()) {
    if (!isBelow(pid, root, parents)) continue;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    bytes += 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return bytes;
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let each: number | undefined = pid; each !== undefined; each = parents.get(each))
    if (each === root) return true;
  return false;
}
