export function bundle(
  entries: Readonly<Record<string, string>>,
  directory: string,
  options?: { readonly external?: readonly string[] },
): Promise<void>;
