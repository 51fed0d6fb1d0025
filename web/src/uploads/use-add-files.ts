import { useCallback } from "react";
import { useWorkspace } from "../activity/workspace.ts";
import { type ChosenFile, maxChosenFiles } from "./chosen-files.ts";

/** Returns a function that uploads files into a folder. */
export function useAddFiles(bucket: string, prefix: string): (chosen: readonly ChosenFile[]) => void {
  const { uploads, notices } = useWorkspace();
  return useCallback(
    (chosen) => {
      if (chosen.length > maxChosenFiles) {
        const limit = new Error(`Choose at most ${maxChosenFiles.toLocaleString("en")} files at once.`);
        return notices.error("Nothing was uploaded", limit);
      }
      uploads.add(chosen.map(({ file, path }) => ({ file, bucket, key: prefix + path })));
    },
    [uploads, notices, bucket, prefix],
  );
}
