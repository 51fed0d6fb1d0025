import type { FileChecksums } from "../checksum/file-checksums.ts";
import type { Transport } from "../core/transport.ts";
import type { Flow } from "./flow.ts";
import type { StoreSender } from "./store-sender.ts";
import type { UploadOptions } from "./types.ts";

/**
 * How long the last request of an upload continues after `abort`. The object may be stored by then, so its response decides
 * whether the upload is done or aborted.
 */
export const finalGraceMs = 10_000;

/** What the steps of one upload share. */
export interface UploadSteps {
  readonly transport: Transport;
  readonly flow: Flow;
  readonly sender: StoreSender;
  readonly file: Blob;
  readonly options: UploadOptions;
  readonly checksums: FileChecksums | undefined;
  /** Reports how many bytes of a part have been sent. A file that is sent as a whole is part 0. */
  reportBytes(part: number, bytes: number): void;
  /** Reports a part that was at S3 before this upload began. */
  reportPresent(part: number, bytes: number): void;
}
