import { StoreError } from "../core/store-error.ts";
import type { ByteRange } from "../disk/blob-files.ts";

/**
 * The range that a Range header asks for. Undefined if the whole object has to be sent: S3 also does so for a header with
 * several ranges or one that is not valid.
 * @throws {StoreError} InvalidRange (416)
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  // https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (header === undefined || match === null) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < first) return undefined;
  if (first >= size || (from === "" && Number(to) === 0)) throw invalidRange(header, size);
  return { first, last };
}

function invalidRange(header: string, size: number): StoreError {
  return new StoreError(416, "InvalidRange", "The requested range is not satisfiable", {
    details: { RangeRequested: header, ActualObjectSize: String(size) },
    headers: { "content-range": `bytes */${size}` },
  });
}

/**
 * Parses x-amz-copy-source-range. It is stricter than Range: both ends are required and must exist.
 * @throws {StoreError} InvalidArgument
 */
export function parseCopySourceRange(header: string, size: number): ByteRange {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (match === null || first > last) {
    throw new StoreError(
      400,
      "InvalidArgument",
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      { details: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header } },
    );
  }
  if (last >= size) {
    throw new StoreError(
      400,
      "InvalidArgument",
      `Range specified is not valid for source object of size: ${size}`,
      {
        details: { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header },
      },
    );
  }
  return { first, last };
}
