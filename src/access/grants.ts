import type { BucketName } from "../object-address.ts";

export const actions = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;
export type Action = (typeof actions)[number];

/** What one caller may do below one prefix: a rule of the grants file with the caller's claims put in. */
export interface Grant {
  readonly bucket: BucketName;
  /** Taken literally. Empty: the whole bucket. */
  readonly prefix: string;
  readonly actions: readonly Action[];
  readonly maxUploadBytes?: number | undefined;
  readonly contentTypes?: readonly string[] | undefined;
  readonly maxExpiresSeconds?: number | undefined;
}
