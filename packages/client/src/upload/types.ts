import type { ChecksumAlgorithm } from "../checksum/crc.ts";
import type { ObjectRef, StoredObject } from "../core/objects.ts";

export interface UploadOptions extends ObjectRef {
  /** Default: the file's type. */
  contentType?: string | undefined;
  contentDisposition?: string | undefined;
  cacheControl?: string | undefined;
  metadata?: Record<string, string> | undefined;
  tags?: Record<string, string> | undefined;
  /** false: fails with OBJECT_EXISTS if there is an object with this key. Default: true. */
  overwrite?: boolean | undefined;
  /** Continues an upload of the same key and size that was left behind. Default: false. */
  resume?: boolean | undefined;
  /**
   * S3 compares the bytes that it receives with this checksum, part by part and as a whole. It is computed in workers:
   * that of a file of up to 64 MiB before it is sent, those of the parts of a larger file while other parts are being
   * sent. Default: CRC64NVME.
   */
  checksum?: ChecksumAlgorithm | false | undefined;
  /** Aborts the upload. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface Progress {
  /** How many bytes have arrived. */
  bytes: number;
  total: number;
  /** Over the last seconds. */
  bytesPerSecond: number;
  /** Undefined while the rate is not known. */
  secondsLeft: number | undefined;
}

export type UploadState = "queued" | "running" | "paused" | "offline" | "done" | "failed" | "aborted";

/** An upload under way. Dispatches the events `progress` and `statechange`. */
export interface UploadTask extends EventTarget {
  /** Rejects with a ValetKeyError: ABORTED after `abort`. */
  readonly done: Promise<StoredObject>;
  readonly state: UploadState;
  readonly progress: Progress;
  /** Resolves when nothing is on its way any more. Parts that arrived stay at S3. */
  pause(): Promise<void>;
  resume(): void;
  /**
   * Resolves when nothing is left at S3. If the upload was being completed and the server has stored the object, it is too
   * late: `done` then resolves with the object.
   */
  abort(): Promise<void>;
}
