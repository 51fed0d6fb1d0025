export function buildPackage(directory: string, output: string): Promise<void>;
