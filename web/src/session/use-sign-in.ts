import { useCallback, useEffect, useMemo, useState } from "react";
import { explain } from "../errors/explain.ts";
import { connect } from "./connect.ts";
import { type Identity, readIdentity, storeIdentity } from "./identity.ts";
import type { Session } from "./session-context.ts";
import type { WebConfig } from "./web-config.ts";

export interface SignIn {
  readonly session: Session | undefined;
  /** Whose grants are being asked for. */
  readonly pending: Identity | undefined;
  /** Why the user is signed out. */
  readonly message: string | undefined;
  signIn(identity: Identity): void;
}

/** Signs in with the identity of before a reload, and then with each one that the user chooses. */
export function useSignIn(config: WebConfig): SignIn {
  const [pending, setPending] = useState(readIdentity);
  const [session, setSession] = useState<Session>();
  const [message, setMessage] = useState<string>();

  const signOut = useCallback((reason?: string) => {
    storeIdentity(undefined);
    setSession(undefined);
    setPending(undefined);
    setMessage(reason);
  }, []);

  useEffect(() => {
    if (pending === undefined) return;
    let isCurrent = true;
    const onRefused = () => signOut("Your token is not accepted, or not any more. Sign in again.");
    const client = connect(config, pending, onRefused);
    client.viewer().then(
      (viewer) => {
        if (!isCurrent) return;
        const wasRefused = pending.kind !== "anonymous" && !viewer.authenticated;
        if (wasRefused) return signOut("This server accepts no tokens. Continue without one.");
        storeIdentity(pending);
        setSession({ client, viewer, identity: pending, config, signOut });
        setPending(undefined);
      },
      (thrown) => isCurrent && signOut(explain(thrown)),
    );
    return () => {
      isCurrent = false;
    };
  }, [config, pending, signOut]);

  return useMemo(
    () => ({
      session,
      pending,
      message,
      signIn(identity) {
        setMessage(undefined);
        setPending(identity);
      },
    }),
    [session, pending, message],
  );
}
