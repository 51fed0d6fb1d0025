export type PreviewKind = "image" | "video" | "audio" | "pdf" | "text";

const extensions: Readonly<Record<PreviewKind, string>> = {
  image: "png jpg jpeg gif webp avif svg bmp ico",
  video: "mp4 m4v webm mov ogv",
  audio: "mp3 m4a aac ogg oga opus wav flac",
  pdf: "pdf",
  text:
    "txt md markdown json jsonl ndjson csv tsv log xml yaml yml toml ini conf env sql sh bash ps1 html htm css scss js mjs " +
    "cjs jsx ts mts tsx py rb go rs java kt c h cpp hpp cs php swift graphql tf diff patch tex srt vtt",
};

const kinds = Object.keys(extensions) as PreviewKind[];
const kindOfExtension = new Map(
  kinds.flatMap((kind) => extensions[kind].split(" ").map((extension) => [extension, kind] as const)),
);

/** How a file can be shown, by its content type if that says it, else by the end of its name. */
export function previewKindOf(name: string, contentType = ""): PreviewKind | undefined {
  const [type = ""] = contentType.toLowerCase().split(";");
  if (type === "application/pdf") return "pdf";
  if (type.startsWith("image/") || type.startsWith("video/") || type.startsWith("audio/")) {
    return kinds.find((kind) => type.startsWith(`${kind}/`));
  }
  if (type.startsWith("text/") || /[/+](json|xml|javascript|yaml)$/.test(type)) return "text";
  return kindOfExtension.get(name.slice(name.lastIndexOf(".") + 1).toLowerCase());
}
