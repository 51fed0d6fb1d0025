/** One statement of a session policy. */
export interface Statement {
  readonly Effect: "Allow";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: { readonly StringLike: Readonly<Record<string, string | readonly string[]>> };
}

/** Makes the ARN of a bucket or of objects from the part that names them: `photos/users/*`. */
export type ArnOf = (resource: string) => string;

export function allow(iamActions: readonly string[], arns: readonly string[]): Statement {
  return { Effect: "Allow", Action: oneOrMany(iamActions), Resource: oneOrMany(arns) };
}

export function oneOrMany(values: readonly string[]): string | readonly string[] {
  return values.length === 1 && values[0] !== undefined ? values[0] : values;
}

/** The values of equal keys, in the order of their first occurrence. */
export function group<Key, Value>(entries: readonly (readonly [Key, Value])[]): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const [key, value] of entries) {
    const values = groups.get(key);
    if (values === undefined) groups.set(key, [value]);
    else values.push(value);
  }
  return groups;
}
