import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { DocumentFuzzer } from "./documents.ts";
import { FormFuzzer } from "./forms.ts";
import type { Fuzzer } from "./fuzz-case.ts";
import { fuzzIssuerName } from "./fuzz-issuer.ts";
import { HttpFuzzer } from "./http-bytes.ts";
import { fuzzAudience } from "./token-check.ts";
import { TokenFuzzer } from "./tokens.ts";
import { VariableFuzzer } from "./variables.ts";

export { exchange } from "./exchange.ts";
export { publishedKeys, signedToken, startFuzzIssuer } from "./fuzz-issuer.ts";
export { findingAbout } from "./judge.ts";

export const fuzzerNames = ["documents", "variables", "multipart", "bytes", "tokens"] as const;
export type FuzzerName = (typeof fuzzerNames)[number];

/** Creates a fuzzer for the server of this repository. */
export function createFuzzer(name: FuzzerName, seed: number): Fuzzer {
  const schema = () => buildSchema(readFileSync("schema.graphql", "utf8"));
  const fuzzers: Readonly<Record<FuzzerName, () => Fuzzer>> = {
    documents: () => new DocumentFuzzer(schema(), seed),
    variables: () => new VariableFuzzer(schema(), seed),
    multipart: () => new FormFuzzer(seed),
    bytes: () => new HttpFuzzer(seed),
    tokens: () => new TokenFuzzer(seed),
  };
  return fuzzers[name]();
}

const all = ["DOWNLOAD", "UPLOAD", "LIST", "DELETE"] as const;

/** What the callers of the fuzzers may do. `findingAboutViewer` knows these rules. */
export const fuzzGrants = [
  { who: "anonymous", bucket: "demo", allow: all },
  { who: "authenticated", bucket: "demo", prefix: "users/{sub}/", allow: all },
  { who: "authenticated", bucket: "demo", prefix: "teams/{org.team}/", allow: ["DOWNLOAD"] },
  { who: { role: "admin" }, bucket: "demo", prefix: "admin/", allow: all },
] as const;

/** The server's settings for tokens. */
export function tokenSettings(jwksUrl: string): Readonly<Record<string, string>> {
  return {
    VALETKEY_JWKS_URL: jwksUrl,
    VALETKEY_JWT_ISSUER: fuzzIssuerName,
    VALETKEY_JWT_AUDIENCE: fuzzAudience,
  };
}
