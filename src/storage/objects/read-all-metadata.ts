import type { HeadObjectCommand } from "@aws-sdk/client-s3";
import { fromHeaders } from "../calls/read-head.ts";

/** Makes a HEAD that takes the SDK's way return all metadata, as a direct call does. */
export function withAllMetadata(command: HeadObjectCommand): HeadObjectCommand {
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Readonly<Record<string, string>> };
      if (result.output !== undefined) Object.assign(result.output, fromHeaders(headers));
      return result;
    },
    { step: "deserialize", priority: "high", name: "withAllMetadata" },
  );
  return command;
}
