import type { BucketName } from "../core/object-address.ts";
import type { Principal } from "../core/principal.ts";
import { matches, type Who } from "./caller-match.ts";
import { fillPrefix, type PrefixTemplate } from "./prefix-template.ts";

export const actions = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE", "CREDENTIALS"] as const;
export type Action = (typeof actions)[number];
/** What can be done with objects. CREDENTIALS only says how: with credentials of the client's own. */
export type ObjectAction = Exclude<Action, "CREDENTIALS">;

/** What one caller may do below one prefix: a rule of the access file, filled with the caller's claims. */
export interface Grant {
  readonly bucket: BucketName;
  /** The prefix is literal text. An empty one means the whole bucket. */
  readonly prefix: string;
  readonly actions: readonly Action[];
  readonly maxUploadBytes?: number | undefined;
  /** Lower-case media types; either half may be an asterisk. */
  readonly contentTypes?: readonly string[] | undefined;
  readonly maxExpiresSeconds?: number | undefined;
  /** Lets callers with equal session policies share role sessions, if all of their grants for the role say so. */
  readonly shareSessions?: boolean | undefined;
}

/** One entry of the access file. */
export interface GrantRule extends Omit<Grant, "prefix"> {
  readonly who: Who;
  readonly prefix: PrefixTemplate;
}

/** All grants of one caller. */
export interface CallerGrants extends ReadonlyArray<Grant> {
  /** For a caller without a token, if the server accepts tokens: the rules that could apply to callers with one. */
  readonly withToken?: readonly Pick<GrantRule, "bucket" | "actions">[];
}

/** The current rules, and the grants that they give to a caller. */
export class Grants {
  #rules: readonly GrantRule[];
  readonly #acceptsTokens: boolean;
  // The token verifier returns the same principal object for the same token, so the grants can be cached by it.
  #known = new WeakMap<Principal, CallerGrants>();

  constructor(rules: readonly GrantRule[], options: { acceptsTokens?: boolean } = {}) {
    this.#rules = rules;
    this.#acceptsTokens = options.acceptsTokens ?? false;
  }

  get rules(): readonly GrantRule[] {
    return this.#rules;
  }

  /** Replaces the rules, from the next request on. */
  replace(rules: readonly GrantRule[]): void {
    this.#rules = rules;
    this.#known = new WeakMap();
  }

  /** The union of the grants that match the caller; the same array for the same principal object. */
  grantsFor(principal: Principal): CallerGrants {
    const known = this.#known.get(principal);
    if (known !== undefined) return known;
    const grants: CallerGrants = Object.assign(
      this.#rules.flatMap((rule) => grantOf(rule, principal) ?? []),
      this.#acceptsTokens && !principal.authenticated
        ? { withToken: this.#rules.filter(({ who }) => who !== "anonymous" && who !== "service") }
        : undefined,
    );
    this.#known.set(principal, grants);
    return grants;
  }
}

function grantOf({ who, prefix: template, ...limits }: GrantRule, principal: Principal): Grant | undefined {
  if (!matches(who, principal)) return undefined;
  const prefix = fillPrefix(template, principal);
  return prefix === undefined ? undefined : { ...limits, prefix };
}
