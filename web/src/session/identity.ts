/** Who the user of the page wants to be. */
export type Identity =
  | { readonly kind: "anonymous" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "development"; readonly subject: string };

const storageKey = "valetkey.identity";

/** Kept until the tab is closed, so that a reload does not sign the user out. Other tabs cannot read it. */
export function storeIdentity(identity: Identity | undefined): void {
  try {
    if (identity === undefined) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, JSON.stringify(identity));
  } catch {
    // The browser allows no storage: the identity lasts until the page is left.
  }
}

export function readIdentity(): Identity | undefined {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? "null");
    return isIdentity(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "token") return "token" in value && typeof value.token === "string";
  if (value.kind === "development") return "subject" in value && typeof value.subject === "string";
  return value.kind === "anonymous";
}
