/** The part of a client's configuration in which the SDK stores by how much S3's clock is ahead of this machine's. */
interface ClockSettings {
  systemClockOffset: number;
}

/** The SDK's limit. S3 itself refuses a signature whose time differs by 15 minutes. */
const minSkewMs = 240_000;

export function timeOfS3({ systemClockOffset }: ClockSettings): Date {
  return new Date(Date.now() + systemClockOffset);
}

/**
 * Learns the time from a response, as the SDK does.
 * @returns whether the signature named a time that was wrong enough to be refused for it
 */
export function learnTime(
  settings: ClockSettings,
  signedAt: Date,
  { date = "", age }: Readonly<Record<string, string>>,
): boolean {
  const serverTimeMs = Date.parse(date);
  // A response with an age comes from a cache.
  if (Number.isNaN(serverTimeMs) || age !== undefined) return false;
  settings.systemClockOffset = serverTimeMs - Date.now();
  return Math.abs(serverTimeMs - signedAt.getTime()) >= minSkewMs;
}
