import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { ListObjectVersionsCommand, ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";

export interface VersionListResponse extends ListObjectVersionsCommandOutput {
  /** For each entry of the response, in order: whether it is a delete marker. */
  DeleteMarkerFlags?: readonly boolean[];
}

/**
 * Makes a list of versions keep its order. The SDK returns versions and delete markers as two lists, and their times do
 * not tell which of two entries of the same second is newer.
 */
export function withListedOrder(command: ListObjectVersionsCommand): ListObjectVersionsCommand {
  let flags: readonly boolean[] = [];
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode?: number; body?: unknown };
      if (response.statusCode === 200 && response.body instanceof Readable) {
        const xml = await text(response.body);
        flags = [...xml.matchAll(/<(Version|DeleteMarker)[\s>]/g)].map(([, name]) => name === "DeleteMarker");
        response.body = Readable.from([Buffer.from(xml)]);
      }
      return result;
    },
    // After the SDK's own deserializer in the stack, so that it sees the response before it.
    { step: "deserialize", priority: "low", name: "readListedOrder" },
  );
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      if (result.output !== undefined) Object.assign(result.output, { DeleteMarkerFlags: flags });
      return result;
    },
    { step: "deserialize", priority: "high", name: "returnListedOrder" },
  );
  return command;
}
