import { authorizeSignedDownload } from "../../access/authorization.ts";
import { badUserInput } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import { presignDownload, responseOverrides } from "../../storage/signing/presigned-requests.ts";
import { namedAt } from "../arguments.ts";
import type { RequestContext } from "../context.ts";
import type { Disposition } from "../types/enums.ts";
import type { DownloadUrl } from "./download-url.ts";
import { parseExpiresIn } from "./expires-in.ts";

export interface DownloadDemands {
  /** Undefined: the client named none. */
  readonly expiresIn: number | null | undefined;
  readonly verify: boolean;
  readonly disposition?: Disposition | null | undefined;
  readonly filename?: string | null | undefined;
  readonly contentType?: string | null | undefined;
  readonly stableFor?: number | null | undefined;
}

/** The one way to a presigned GET: may the caller, is it there, and a session that outlives the URL. `at` stands before the address's arguments in errors. */
export async function signDownload(
  context: RequestContext,
  address: ObjectAddress,
  { expiresIn, verify, disposition, filename, contentType, stableFor }: DownloadDemands,
  at = "",
): Promise<DownloadUrl> {
  const { services } = context;
  const overrides = responseOverrides({
    disposition: disposition ?? undefined,
    filename: filename ?? undefined,
    contentType: contentType ?? undefined,
  });
  const lifetime = parseExpiresIn(expiresIn, services.sessions.longestSeconds);
  const stableForSeconds = parseWindow(stableFor);
  const expiresInSeconds = authorizeSignedDownload(context.grants, address, lifetime, stableForSeconds);
  const nowMs = services.clock();
  const signedAtMs = stableForSeconds === 0 ? nowMs : startOfWindow(nowMs, stableForSeconds);
  // Signing in the past takes up to a window of the URL's life, so it gets one more. When it ends is the same for all of the window.
  const signedSeconds = expiresInSeconds + stableForSeconds;
  const outlivesSeconds = signedSeconds - (nowMs - signedAtMs) / 1000;
  // Signed at the same time, with the same credentials, is the same URL.
  const heldAtMs = stableForSeconds === 0 ? undefined : signedAtMs;
  const session = await context.session(outlivesSeconds, { heldAtMs, orShorter: lifetime.orFewer });
  const region = verify
    ? (await namedAt(at, context.loaders.head.load(address))).region
    : services.bucketRegions.regionOf(address.bucket, address.region);
  const { url, expiresAt } = presignDownload(services.presigner, {
    address: { ...address, region },
    session,
    signedAt: new Date(signedAtMs),
    expiresInSeconds: signedSeconds,
    overrides,
  });
  return { url, expiresAt, bucket: address.bucket, key: address.key, region };
}

function parseWindow(stableFor: number | null | undefined): number {
  const seconds = stableFor ?? 0;
  if (seconds < 0) throw badUserInput("stableFor", "Not negative.");
  return seconds;
}

function startOfWindow(nowMs: number, windowSeconds: number): number {
  return nowMs - (nowMs % (windowSeconds * 1000));
}
