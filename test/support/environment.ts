type Changes = Readonly<Record<string, string | undefined>>;

const layers: Changes[] = [];
/** The values that variables had before the first layer that changed them. */
const original = new Map<string, string | undefined>();

/**
 * Changes `process.env` until the result is disposed of; `undefined` unsets a variable. Changes may overlap and end
 * in any order: the newest one that is still in effect decides.
 *
 * Only for AWS's SDK, which reads `process.env` by itself. Everything else takes its environment as an argument.
 */
export function changeEnvironment(changes: Changes): Disposable {
  layers.push(changes);
  apply(changes);
  return {
    [Symbol.dispose]() {
      const index = layers.indexOf(changes);
      if (index === -1) return;
      layers.splice(index, 1);
      apply(changes);
    },
  };
}

function apply(changes: Changes): void {
  for (const name of Object.keys(changes)) {
    if (!original.has(name)) original.set(name, process.env[name]);
    const layer = layers.findLast((each) => name in each);
    const value = layer === undefined ? original.get(name) : layer[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
    if (layer === undefined) original.delete(name);
  }
}

/**
 * Makes AWS's SDK see the variables of `environment` that start with `AWS_`, and none of the machine's: no profile,
 * no instance role.
 */
export function changeAwsEnvironment(environment: Readonly<Record<string, string>>): Disposable {
  const inherited = Object.keys(process.env).filter((name) => name.startsWith("AWS_"));
  const given = Object.entries(environment).filter(([name]) => name.startsWith("AWS_"));
  return changeEnvironment({
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    ...Object.fromEntries(given),
  });
}
