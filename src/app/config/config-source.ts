import type { NameOf } from "./parse-environment.ts";

/** Where the settings come from, and what comes with them that no variable can hold. */
export interface ConfigSource {
  readonly nameOf: NameOf;
  /** The content of the access file. */
  readonly accessRules?: object | undefined;
  /** Whether code says what callers may do. */
  readonly hasAuthorize: boolean;
  /** Whether another server signs callers in. Then this one issues no tokens for development. */
  readonly isPartOfServer: boolean;
}

export const fromEnvironment: ConfigSource = {
  nameOf: (variable) => variable,
  hasAuthorize: false,
  isPartOfServer: false,
};
