/** What was asked and how it ended. */
export interface RequestEntry {
  /** S3's or STS's name: "HeadObject", "AssumeRole"; "Unknown" where there is none. */
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly status: number;
}
