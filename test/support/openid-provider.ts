import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider from "oidc-provider";
import { startHttpServer } from "./listening.ts";
import { type Closable, startTogether } from "./resources.ts";

export interface OpenIdProviderOptions {
  /** Default: any free one. With the port of a provider that was closed, it is started again. */
  readonly port?: number;
  /** The signing keys. The first one signs. Default: one new key. */
  readonly keys?: readonly JWK[];
}

/** A generic OpenID Connect provider (npm's oidc-provider). */
export interface OpenIdProvider extends Closable {
  readonly issuer: string;
  readonly port: number;
  /** An access token of the client `app`, for one audience. Default: it is valid for five minutes. */
  accessToken(audience: string, seconds?: number): Promise<string>;
}

export async function newSigningKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: "ES256", use: "sig" };
}

export function startOpenIdProvider(options: OpenIdProviderOptions = {}): Promise<OpenIdProvider> {
  return startTogether(async (started) => {
    const { server } = await started.use(startHttpServer(undefined, options.port));
    const { port } = server.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${port}`;
    const secret = "a secret of the client app";
    let tokenSeconds = 300;
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: "app",
          client_secret: secret,
          grant_types: ["client_credentials"],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: "ES256",
        },
      ],
      jwks: { keys: [...(options.keys ?? [await newSigningKey("key-1")])] as never },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, audience) => ({
            audience,
            scope: "",
            accessTokenTTL: tokenSeconds,
            accessTokenFormat: "jwt",
            jwt: { sign: { alg: "ES256" } },
          }),
        },
      },
    });
    server.on("request", provider.callback());

    const accessToken = async (audience: string, seconds = 300) => {
      tokenSeconds = seconds;
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: {
          authorization: `Basic ${btoa(`app:${encodeURIComponent(secret).replaceAll("%20", "+")}`)}`,
        },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: audience }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(JSON.stringify(body));
      return body.access_token;
    };
    return { issuer, port, accessToken };
  });
}
