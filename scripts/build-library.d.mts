export const libraryEntries: Readonly<Record<string, string>>;
export const telemetryEntry: Readonly<Record<string, string>>;
export function buildLibrary(output: string): Promise<void>;
