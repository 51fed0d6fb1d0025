import { Alert, Center, Loader, Text } from "@mantine/core";
import type { StoredObject } from "@valetkey/client";
import { useState } from "react";
import { explain } from "../errors/explain.ts";
import { nameOf } from "../format/names.ts";
import { type PreviewKind, previewKindOf } from "./preview-kind.ts";
import { TextPreview } from "./text-preview.tsx";
import { usePreviewUrl } from "./use-preview-url.ts";

/** Shows the content of a file. Stored pages never run: HTML is shown as text, SVG only as a picture. */
export function Preview({ object }: { object: StoredObject }) {
  const kind = previewKindOf(nameOf(object.key), object.contentType);
  if (object.size === 0) return <NoPreview text="This file is empty." />;
  if (kind === undefined) return <NoPreview text="There is no preview for files of this type." />;
  return <LoadedPreview object={object} kind={kind} />;
}

function LoadedPreview({ object, kind }: { object: StoredObject; kind: PreviewKind }) {
  const { url, error } = usePreviewUrl(object, kind);
  const [isBroken, setBroken] = useState(false);
  if (error !== undefined) return <NoPreview text={explain(error)} />;
  if (isBroken) return <NoPreview text="This browser cannot show the file. Download it instead." />;
  if (url === undefined) {
    return (
      <Center h={200}>
        <Loader aria-label="Loading the preview" />
      </Center>
    );
  }
  const name = nameOf(object.key);
  const onError = () => setBroken(true);
  switch (kind) {
    case "image":
      return <img className="media-preview" src={url} alt={name} onError={onError} />;
    case "video":
      // biome-ignore lint/a11y/useMediaCaption: stored files have no captions.
      return <video className="media-preview" src={url} controls aria-label={name} onError={onError} />;
    case "audio":
      // biome-ignore lint/a11y/useMediaCaption: stored files have no captions.
      return <audio className="audio-preview" src={url} controls aria-label={name} onError={onError} />;
    case "pdf":
      if (!navigator.pdfViewerEnabled)
        return <NoPreview text="This browser shows no PDF files. Download it instead." />;
      return <iframe className="media-preview-frame" src={url} title={name} />;
    case "text":
      return <TextPreview url={url} size={object.size} name={name} />;
  }
}

function NoPreview({ text }: { text: string }) {
  return (
    <Alert color="gray" variant="light">
      <Text size="sm">{text}</Text>
    </Alert>
  );
}
