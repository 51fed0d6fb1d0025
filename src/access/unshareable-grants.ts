import type { Grant } from "./grants.ts";

/**
 * The faults of grants that share sessions, although a setting sends the caller's identity with AssumeRole.
 * @param namesCallers the setting, if there is one
 * @param parent the path of the list of grants
 */
export function unshareableGrants(
  grants: readonly Pick<Grant, "shareSessions">[],
  namesCallers: string | undefined,
  parent: readonly string[] = [],
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  if (namesCallers === undefined) return [];
  return grants.flatMap(({ shareSessions = false }, index) => {
    const path = [...parent, index, "shareSessions"];
    const reason = `sessions cannot be shared while ${namesCallers} is on, because it gives each caller a session of its own`;
    return shareSessions ? [{ path, message: `${path.join(".")}: ${reason}` }] : [];
  });
}
