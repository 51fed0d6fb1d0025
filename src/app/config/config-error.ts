/** A configuration that cannot be used. `message` has one line for each variable at fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
