import { Text, Title } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { type ChosenFile, fromDrop } from "./chosen-files.ts";

interface DropTargetProps {
  readonly folderName: string;
  readonly disabled: string | undefined;
  addFiles(chosen: readonly ChosenFile[]): void;
  onError(thrown: unknown): void;
}

/** Files can be dropped anywhere on the page. */
export function DropTarget({ folderName, disabled, addFiles, onError }: DropTargetProps) {
  const [isOver, setOver] = useState(false);
  const latest = useRef({ disabled, addFiles, onError });
  latest.current = { disabled, addFiles, onError };

  useEffect(() => {
    function over(event: DragEvent) {
      if (!event.dataTransfer?.types.includes("Files")) return;
      // Otherwise the browser would leave the page and open the file.
      event.preventDefault();
      event.dataTransfer.dropEffect = latest.current.disabled === undefined ? "copy" : "none";
      setOver(true);
    }
    function leave(event: DragEvent) {
      if (event.relatedTarget === null) setOver(false);
    }
    function drop(event: DragEvent) {
      setOver(false);
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const { current } = latest;
      if (current.disabled === undefined)
        fromDrop(event.dataTransfer).then(current.addFiles, current.onError);
    }
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);

  if (!isOver) return null;
  return (
    <div className="drop-target">
      <div>
        <Title order={2} ta="center">
          {disabled === undefined ? `Upload to ${folderName}` : "You cannot upload here"}
        </Title>
        <Text ta="center" c="dimmed">
          {disabled ?? "Drop files and folders."}
        </Text>
      </div>
    </div>
  );
}
