const unitBytes = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/**
 * Parses a size such as `5368709120` or `5GiB`. It accepts integers, with or without one of the units KiB, MiB, GiB and
 * TiB. Other units are ambiguous: `5GB` can mean 5·10⁹ or 5·2³⁰ bytes.
 * @returns undefined for any other text, and above 2⁵³ − 1
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,16})(KiB|MiB|GiB|TiB|)$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
