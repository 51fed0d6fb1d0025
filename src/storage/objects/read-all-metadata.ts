import type { HeadObjectCommand, HeadObjectCommandOutput } from "@aws-sdk/client-s3";

const prefix = "x-amz-meta-";

export interface HeadResponse extends HeadObjectCommandOutput {
  /** The `Date` header, which the SDK does not return. */
  Date?: string | undefined;
}

/**
 * Makes a HEAD return all metadata. The SDK collects metadata in a plain object, which loses the name `__proto__`, so it
 * is read from the response's headers instead.
 */
export function withAllMetadata(command: HeadObjectCommand): HeadObjectCommand {
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Readonly<Record<string, string>> };
      const metadata: Record<string, string> = Object.create(null);
      for (const [name, value] of Object.entries(headers)) {
        const lowerCaseName = name.toLowerCase();
        if (lowerCaseName.startsWith(prefix)) metadata[lowerCaseName.slice(prefix.length)] = value;
      }
      if (result.output !== undefined)
        Object.assign(result.output, { Metadata: metadata, Date: headers.date });
      return result;
    },
    { step: "deserialize", priority: "high", name: "withAllMetadata" },
  );
  return command;
}
