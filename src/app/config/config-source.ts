import type { NameOf } from "./parse-environment.ts";

/** Where the settings come from, and what comes with them that no variable can hold. */
export interface ConfigSource {
  readonly nameOf: NameOf;
  /** The content of the access file. */
  readonly accessRules?: object | undefined;
  /** Whether code says what callers may do. */
  readonly hasAuthorize: boolean;
  /** Whether code says who a caller is. */
  readonly hasAuthenticate: boolean;
  /** Whether the server may issue tokens for made-up callers. */
  readonly mayIssueTokens: boolean;
}

export const fromEnvironment: ConfigSource = {
  nameOf: (variable) => variable,
  hasAuthorize: false,
  hasAuthenticate: false,
  mayIssueTokens: true,
};
