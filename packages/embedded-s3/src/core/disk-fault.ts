/** What each error of the file system means to the person who runs the store. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "this process has no permission",
  EPERM: "this process has no permission",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be larger than this process may write",
  ENOTDIR: "a part of the path is not a folder",
  ENOENT: "it cannot be created there",
};

export function describeDiskFault(code: string): string {
  return reasons[code] ?? "the file system refuses it";
}

const unwritable = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG"]);

/** Whether the same request would fail again until somebody makes room or changes permissions. */
export function isLastingDiskFault(code: string): boolean {
  return unwritable.has(code);
}
