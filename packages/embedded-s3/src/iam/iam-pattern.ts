/** One unit of a policy's string: a character that stands for itself, a wildcard, or a variable. */
type PatternToken =
  | { readonly kind: "character"; readonly character: string }
  | { readonly kind: "any-run" }
  | { readonly kind: "any-one" }
  | { readonly kind: "variable"; readonly name: string; readonly fallback: string | undefined };

/** A string of a policy (a resource, a condition's value), parsed once and matched against many requests. */
export interface IamPattern {
  readonly tokens: readonly PatternToken[];
}

/** The values of policy variables in one request, by name in lower case. */
export type VariableValues = ReadonlyMap<string, string>;

export interface IamPatternSyntax {
  /** Whether `*` and `?` match more than themselves. */
  readonly wildcards: boolean;
  /** Whether `${…}` is a variable: only in policies of Version 2012-10-17. */
  readonly variables: boolean;
}

// An escape, a variable with or without a default, or any one character.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
const unitShape = /\$\{([*?$])\}|\$\{([^{}',]+)(?:,\s*'([^']*)'\s*)?\}|./gs;

/** Parses any string: a `${` that does not begin a variable stands for itself. */
export function parseIamPattern(text: string, syntax: IamPatternSyntax): IamPattern {
  if (!syntax.variables) return { tokens: text.split("").map((character) => tokenOf(character, syntax)) };
  const tokens = Array.from(text.matchAll(unitShape), ([unit, escaped, name, fallback]): PatternToken => {
    if (escaped !== undefined) return { kind: "character", character: escaped };
    if (name !== undefined) return { kind: "variable", name: name.trim().toLowerCase(), fallback };
    return tokenOf(unit, syntax);
  });
  return { tokens };
}

function tokenOf(character: string, syntax: IamPatternSyntax): PatternToken {
  if (syntax.wildcards && character === "*") return { kind: "any-run" };
  if (syntax.wildcards && character === "?") return { kind: "any-one" };
  return { kind: "character", character };
}

type ConcreteToken = Exclude<PatternToken, { kind: "variable" }>;

/**
 * Replaces variables by the values of the request. Wildcards in a value stand for themselves.
 * Undefined when a variable has neither a value nor a default: the pattern then matches nothing.
 */
function resolve(pattern: IamPattern, values: VariableValues): readonly ConcreteToken[] | undefined {
  const tokens: ConcreteToken[] = [];
  for (const token of pattern.tokens) {
    if (token.kind !== "variable") {
      tokens.push(token);
      continue;
    }
    const value = values.get(token.name) ?? token.fallback;
    if (value === undefined) return undefined;
    for (let index = 0; index < value.length; index += 1) {
      tokens.push({ kind: "character", character: value.charAt(index) });
    }
  }
  return tokens;
}

/**
 * Whether the whole text matches. Time is at most pattern × text: only the last `*` is ever
 * tried again, because extending an earlier one cannot match more.
 */
export function matchesIamPattern(pattern: IamPattern, text: string, values: VariableValues): boolean {
  const tokens = resolve(pattern, values);
  if (tokens === undefined) return false;
  let tokenIndex = 0;
  let textIndex = 0;
  let lastRun = -1;
  let runEnd = 0;
  while (textIndex < text.length) {
    const token = tokens[tokenIndex];
    if (token?.kind === "any-run") {
      lastRun = tokenIndex;
      runEnd = textIndex;
      tokenIndex += 1;
    } else if (token !== undefined && matchesOne(token, text.charAt(textIndex))) {
      tokenIndex += 1;
      textIndex += 1;
    } else if (lastRun !== -1) {
      runEnd += 1;
      textIndex = runEnd;
      tokenIndex = lastRun + 1;
    } else {
      return false;
    }
  }
  while (tokens[tokenIndex]?.kind === "any-run") tokenIndex += 1;
  return tokenIndex === tokens.length;
}

function matchesOne(token: ConcreteToken, character: string): boolean {
  return token.kind === "any-one" || (token.kind === "character" && token.character === character);
}

/** The names of a pattern's variables, in lower case. */
export function variablesOf(pattern: IamPattern): string[] {
  return pattern.tokens.flatMap((token) => (token.kind === "variable" ? [token.name] : []));
}

/** Whether the request has a value for each of the pattern's variables. */
export function isResolvable(pattern: IamPattern, values: VariableValues): boolean {
  return resolve(pattern, values) !== undefined;
}

/** The text of a pattern without wildcards. Undefined if a variable has no value. */
export function textOfIamPattern(pattern: IamPattern, values: VariableValues): string | undefined {
  return resolve(pattern, values)
    ?.map((token) => (token.kind === "character" ? token.character : ""))
    .join("");
}
