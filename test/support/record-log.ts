import { type Logger, pino } from "pino";

export interface RecordedLog {
  readonly logger: Logger;
  /** The messages so far, from the level info on. */
  messages(): readonly string[];
}

/** A log that a test can read. */
export function recordLog(): RecordedLog {
  const messages: string[] = [];
  const write = (line: string) => messages.push((JSON.parse(line) as { msg: string }).msg);
  return { logger: pino({ level: "info" }, { write }), messages: () => messages };
}
