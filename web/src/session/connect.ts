import { createValetKey, type ValetKey } from "@valetkey/client";
import type { Identity } from "./identity.ts";
import type { WebConfig } from "./web-config.ts";

/**
 * The client of `@valetkey/client` that sends this identity's token.
 *
 * @param onRefused called when the server does not accept a token that the user has given
 */
export function connect({ graphqlUrl }: WebConfig, identity: Identity, onRefused: () => void): ValetKey {
  const url = new URL(graphqlUrl, document.baseURI);
  if (identity.kind === "anonymous") return createValetKey({ url });
  if (identity.kind === "development") {
    return createValetKey({ url, token: () => fetchDevelopmentToken(identity.subject) });
  }
  let wasAsked = false;
  const token = () => {
    // Asked for another token, because the server has refused this one.
    if (wasAsked) onRefused();
    wasAsked = true;
    return identity.token;
  };
  return createValetKey({ url, token });
}

async function fetchDevelopmentToken(subject: string): Promise<string> {
  const response = await fetch("dev/token", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ subject }),
  });
  if (!response.ok)
    throw new Error(`The server issued no token for ${subject} (HTTP status ${response.status}).`);
  const { token } = (await response.json()) as { token: string };
  return token;
}
