export function firstPageBytes(directory: string): number;
