import { z } from "zod";
import { httpUrl, list, listed, named } from "../value-parsers.ts";
import { variable } from "../variable.ts";

// Only asymmetric algorithms: with a shared secret, anyone who can verify a token can forge one.
const tokenAlgorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
// https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
const cookieName = {
  pattern: /^[\w!#$%&'*+.^`|~-]{1,200}$/,
  takes: "the name of a cookie such as __Host-token",
};

/** Whose tokens are accepted, and where they are found. */
export const tokenVariables = {
  VALETKEY_JWKS_URL: variable(
    list(httpUrl).optional(),
    "discovered",
    "The JSON Web Key Set that verifies bearer tokens: one for each issuer, in the same order, separated by commas.",
  ),
  VALETKEY_JWT_ISSUER: variable(
    list(listed).optional(),
    "none",
    "The `iss` that tokens must have, or several, separated by commas. Without `VALETKEY_JWKS_URL`, the keys are found by OpenID Connect Discovery. With neither of the two variables, every caller is anonymous. In production, an issuer or an audience is required.",
  ),
  VALETKEY_JWT_AUDIENCE: variable(
    list(listed).optional(),
    "none",
    "The `aud` that tokens must have. With one issuer, a list of which one is enough; with several, one for all of them, or one for each, in the same order. Without it, tokens for other applications are accepted too.",
  ),
  VALETKEY_JWT_ALGORITHMS: variable(
    list(
      z.enum(tokenAlgorithms, { error: `takes a comma list of ${tokenAlgorithms.join(", ")}` }),
    ).optional(),
    "`RS256,ES256,EdDSA`",
    "The accepted signature algorithms, separated by commas. Only asymmetric ones are possible.",
  ),
  VALETKEY_TOKEN_COOKIE: variable(
    named(cookieName).optional(),
    "none",
    "The name of a cookie from which the token is taken too. Pages of `VALETKEY_ORIGINS` may then send credentials. [Tokens in a cookie](guides/sign-in.md#tokens-in-a-cookie) explains it.",
  ),
};
