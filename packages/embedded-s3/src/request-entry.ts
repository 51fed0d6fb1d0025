/** A request and the status of its response. */
export interface RequestEntry {
  /** The name of the operation, such as "HeadObject" or "AssumeRole". "Unknown" if there is no such operation. */
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly status: number;
}
