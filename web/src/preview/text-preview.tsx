import { Code, Loader, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { explain } from "../errors/explain.ts";
import { formatBytes } from "../format/quantities.ts";

const maxBytes = 64 * 1024;

interface TextPreviewProps {
  readonly url: string;
  readonly size: number;
  readonly name: string;
}

/** The beginning of a text. */
export function TextPreview({ url, size, name }: TextPreviewProps) {
  const { text, error } = useBeginning(url);
  if (error !== undefined) return <Text size="sm">The text cannot be loaded. {explain(error)}</Text>;
  if (text === undefined) return <Loader size="sm" aria-label="Loading the text" />;
  return (
    <div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard has to scroll it. */}
      <section tabIndex={0} aria-label={`Text of ${name}`} className="text-preview">
        <Code block>{text}</Code>
      </section>
      {size > maxBytes && (
        <Text size="xs" c="dimmed" mt={4}>
          These are the first {formatBytes(maxBytes)} of {formatBytes(size)}.
        </Text>
      )}
    </div>
  );
}

function useBeginning(url: string): { text: string | undefined; error: unknown } {
  const [result, setResult] = useState<{ text?: string; error?: unknown }>({});
  useEffect(() => {
    const controller = new AbortController();
    load(url, controller.signal).then(
      (text) => setResult({ text }),
      (error) => controller.signal.aborted || setResult({ error }),
    );
    return () => controller.abort();
  }, [url]);
  return { text: result.text, error: result.error };
}

async function load(url: string, signal: AbortSignal): Promise<string> {
  // URLs that are signed within one second are equal. Without a lifetime from the store, a browser would guess one, and show
  // the text that a file had before it was replaced.
  const headers = { range: `bytes=0-${maxBytes - 1}` };
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (!response.ok) throw new Error(`The store responded with HTTP status ${response.status}.`);
  // A character that is cut at the end is left out.
  return new TextDecoder().decode(await response.arrayBuffer(), { stream: true });
}
