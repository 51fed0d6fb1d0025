import { pino } from "pino";
import type { Grant } from "../../access/grants.ts";
import { JwksFetch } from "../../access/jwks-fetch.ts";
import { TokenVerifier } from "../../access/token-verifier.ts";
import type { InitialAccess } from "../../app/initial-access.ts";
import { ValetKeyError } from "../../core/errors.ts";
import type { Finding, Findings } from "./finding.ts";

const silent = pino({ level: "silent" });

/** Fetches the keys of every issuer as the server does. */
export async function* checkIssuers({ config }: InitialAccess): Findings {
  const check = "tokens";
  const { tokens } = config;
  if (tokens === undefined) {
    yield {
      check,
      verdict: config.production ? "warning" : "ok",
      saw: "No issuer is trusted, so every caller is anonymous.",
      mend: config.production ? "set VALETKEY_JWT_ISSUER, unless only public files are served." : undefined,
    };
    return;
  }
  for (const issuer of tokens.issuers) {
    const keys = new JwksFetch(issuer);
    const subject = issuer.issuer ?? keys.url.href;
    try {
      const init = { redirect: "manual", signal: AbortSignal.timeout(10_000) } as const;
      const response = await keys.fetch(keys.url.href, init);
      const { keys: usable } = (await response.json()) as { keys: readonly Key[] };
      yield { check, subject, ...judgeKeys(usable, tokens.algorithms) };
    } catch (error) {
      yield {
        check,
        subject,
        verdict: "fault",
        saw: `The keys cannot be fetched from ${keys.url.href}: ${reasonOf(error)}`,
        means: "Every request with a token of this issuer fails with UNAUTHENTICATED.",
        mend: "check VALETKEY_JWT_ISSUER and VALETKEY_JWKS_URL, and that this machine can reach that address.",
      };
    }
  }
}

interface Key {
  readonly kty?: string;
  readonly crv?: string;
  readonly alg?: string;
}

function judgeKeys(
  keys: readonly Key[],
  algorithms: readonly string[],
): Pick<Finding, "verdict" | "saw" | "means" | "mend"> {
  const fitting = keys.filter((key) => algorithms.some((algorithm) => fits(key, algorithm)));
  const kinds = [...new Set(keys.map(({ alg, crv, kty }) => alg ?? crv ?? kty))].join(", ");
  const saw = `${keys.length} keys (${kinds || "none"}), of which ${fitting.length} fit ${algorithms.join(", ")}.`;
  if (fitting.length > 0) return { verdict: "ok", saw };
  return {
    verdict: "fault",
    saw,
    means: "No token of this issuer can be verified.",
    mend: "set VALETKEY_JWT_ALGORITHMS to the algorithms that the issuer signs with, or let it publish its keys.",
  };
}

function fits({ kty, crv, alg }: Key, algorithm: string): boolean {
  if (alg !== undefined) return alg === algorithm || (alg === "Ed25519" && algorithm === "EdDSA");
  if (kty === "RSA") return /^[RP]S/.test(algorithm);
  if (kty === "OKP") return /^Ed/.test(algorithm);
  return crv === { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[algorithm];
}

/** @returns the grants of the token's caller */
export async function* checkToken(
  { config, grants }: InitialAccess,
  token: string | undefined,
): Findings<readonly Grant[] | undefined> {
  if (token === undefined) return undefined;
  const check = "token";
  if (config.tokens === undefined) {
    yield { check, verdict: "fault", saw: "No issuer is trusted.", mend: "set VALETKEY_JWT_ISSUER." };
    return undefined;
  }
  try {
    const verifier = new TokenVerifier({ ...config.tokens, log: silent });
    const principal = await verifier.verify(`Bearer ${token}`);
    const given = grants.grantsFor(principal);
    const places = given.map(({ bucket, prefix, actions }) => `${actions.join(" ")} in ${bucket}/${prefix}`);
    const hasGrants = given.length > 0;
    yield {
      check,
      verdict: hasGrants ? "ok" : "warning",
      saw: hasGrants
        ? `The token is valid and gives ${places.join("; ")}.`
        : "The token is valid, and no rule applies to it.",
      means: hasGrants ? undefined : "Its caller gets FORBIDDEN for everything.",
      mend: hasGrants
        ? undefined
        : "compare `who` and the claims in the prefixes with the claims of the token.",
    };
    return given;
  } catch (error) {
    if (!(error instanceof ValetKeyError)) throw error;
    yield {
      check,
      verdict: "fault",
      saw: error.reason === undefined ? error.message : `${error.message} (${error.reason})`,
      means: "A request with this token fails with UNAUTHENTICATED.",
      mend: "compare its iss, aud and exp with VALETKEY_JWT_ISSUER, VALETKEY_JWT_AUDIENCE and the time.",
    };
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
