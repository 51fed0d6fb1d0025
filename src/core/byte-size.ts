const unitBytes = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/**
 * The bytes that `5368709120` or `5GiB` stand for. Only whole numbers, and only units whose meaning
 * nobody disputes (KiB, MiB, GiB, TiB): `5GB` is 5·10⁹ to some and 5·2³⁰ to others.
 * @returns undefined for any other text, and above 2⁵³ − 1
 */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d{1,16})(KiB|MiB|GiB|TiB|)$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
