// What your application already has: its sign-in, and a table of photos. Here both are kept in memory.
import { GraphQLError } from "graphql";
import type { Principal } from "valetkey";

const users = new Map([
  ["token-of-alice", "alice"],
  ["token-of-bob", "bob"],
]);

/** The caller of a request. Without a token, the caller is anonymous. A token that is not known is refused. */
export function signIn(authorization: string | null | undefined): Principal {
  if (!authorization) return { authenticated: false };
  const subject = users.get(authorization.replace(/^Bearer /, ""));
  if (subject !== undefined) return { authenticated: true, subject };
  const extensions = { code: "UNAUTHENTICATED", http: { status: 401 } };
  // Apollo Server and Yoga use the status in the extensions, and Fastify uses `statusCode`.
  throw Object.assign(new GraphQLError("This token is not valid.", { extensions }), { statusCode: 401 });
}

export interface Photo {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
}

const rows = new Map<string, Photo & { readonly owner: string }>();

export const photos = {
  /** An object may be reported more than once, so a row is replaced if it exists. */
  save({
    bucket,
    key,
    etag,
    principal,
  }: {
    bucket: string;
    key: string;
    etag: string;
    principal: Principal;
  }) {
    if (!principal.authenticated) return;
    rows.set(`${bucket}/${key}`, { id: etag, bucket, key, owner: principal.subject });
  },
  of(principal: Principal): Photo[] {
    return [...rows.values()].filter(({ owner }) => principal.authenticated && owner === principal.subject);
  },
};
