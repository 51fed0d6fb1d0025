import {
  IconFile,
  IconFileMusic,
  IconFileText,
  IconFileTypePdf,
  IconFileZip,
  IconFolderFilled,
  IconMovie,
  IconPhoto,
} from "@tabler/icons-react";
import { previewKindOf } from "../preview/preview-kind.ts";
import type { Entry } from "./entry.ts";

const icons = {
  image: { Icon: IconPhoto, color: "teal" },
  video: { Icon: IconMovie, color: "grape" },
  audio: { Icon: IconFileMusic, color: "orange" },
  pdf: { Icon: IconFileTypePdf, color: "red" },
  text: { Icon: IconFileText, color: "blue" },
} as const;

export function EntryIcon({ entry, size = 22 }: { entry: Entry; size?: number }) {
  if (entry.kind === "folder") {
    return (
      <IconFolderFilled
        size={size}
        aria-hidden
        className="entry-icon"
        color="var(--mantine-color-yellow-5)"
      />
    );
  }
  const kind = previewKindOf(entry.name);
  if (kind !== undefined) {
    const { Icon, color } = icons[kind];
    return (
      <Icon
        size={size}
        aria-hidden
        className="entry-icon"
        color={`var(--mantine-color-${color}-6)`}
        stroke={1.6}
      />
    );
  }
  const Icon = /\.(zip|gz|tgz|tar|bz2|xz|7z|rar|zst)$/i.test(entry.name) ? IconFileZip : IconFile;
  return (
    <Icon size={size} aria-hidden className="entry-icon" color="var(--mantine-color-gray-6)" stroke={1.6} />
  );
}
