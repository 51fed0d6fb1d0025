import type { AccessSnapshot } from "../../access/access-snapshot.ts";
import type { SharedState } from "../shared-state.ts";
import type { MetricReport } from "./metric-report.ts";

/** What the primary process may ask of a worker. */
export type WorkerProcedures = {
  /** Starts the server. The result comes when it listens. */
  start(options: StartOptions): Promise<{ readonly url: string }>;
  /** Reads files again, and replaces the access file if there is a new one without faults. */
  reload(access: AccessSnapshot | undefined): Promise<void> | undefined;
  /** The metrics of this worker. */
  report(nothing: undefined): Promise<MetricReport>;
  /** Shuts down gracefully and ends the process. There is no result, because the process has ended. */
  stop(reason: string): void;
};

/** What a worker may ask of the primary process. */
export type PrimaryProcedures = {
  /** Says that the worker can be called. Node loses what is sent to a process that does not listen yet. */
  listening(nothing: undefined): void;
  /** The metrics of all workers, as Prometheus reads them. */
  metrics(nothing: undefined): Promise<string>;
};

export interface StartOptions {
  /** The worker's number in the log. A worker that takes the place of another one has the same number. */
  readonly number: number;
  readonly shared: SharedState;
  /** Default: the port of the configuration. */
  readonly port: number | undefined;
}
