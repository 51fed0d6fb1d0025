import type { Progress } from "@valetkey/client";

export type UploadState =
  | "waiting"
  /** There is an object with this key: the user has to decide. */
  | "exists"
  | "running"
  | "paused"
  | "offline"
  | "done"
  | "failed"
  | "cancelled";

export interface NewUpload {
  readonly file: File;
  readonly bucket: string;
  readonly key: string;
  /** Continue the upload that was left behind. */
  readonly resume?: boolean;
}

export interface UploadItem extends NewUpload {
  readonly id: number;
  readonly state: UploadState;
  readonly progress: Progress;
  /** Whether it may replace an object. */
  readonly overwrite: boolean;
  readonly error: unknown;
}

export function isFinished({ state }: Pick<UploadItem, "state">): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

export function startingProgress({ size }: File): Progress {
  return { bytes: 0, total: size, bytesPerSecond: 0, secondsLeft: undefined };
}
