import { authorizeDownload } from "../access/authorization.ts";
import type { ObjectAddress } from "../object-address.ts";
import { presignDownload } from "../storage/presigned-requests.ts";
import type { RequestContext } from "./context.ts";
import { parseExpiresIn } from "./expires-in.ts";
import type { DownloadUrl } from "./types/download-url.ts";
import type { Disposition } from "./types/enums.ts";

export interface DownloadDemands {
  readonly expiresIn: number | null | undefined;
  readonly verify: boolean;
  readonly disposition?: Disposition | null | undefined;
  readonly filename?: string | null | undefined;
  readonly contentType?: string | null | undefined;
}

/** The one way to a presigned GET: may the caller, is it there, and a session that outlives the URL. */
export async function signDownload(
  context: RequestContext,
  address: ObjectAddress,
  { expiresIn, verify, disposition, filename, contentType }: DownloadDemands,
): Promise<DownloadUrl> {
  const { services } = context;
  const expiresInSeconds = parseExpiresIn(expiresIn);
  authorizeDownload(context.grants, address, expiresInSeconds, services.sessions.longestSeconds);
  const session = context.session(expiresInSeconds);
  const [{ region }] = await Promise.all([
    verify ? context.loaders.head.load(address) : context.inKnownRegion(address),
    session,
  ]);
  const { url, expiresAt } = presignDownload(services.presigner, {
    address: { ...address, region },
    session: await session,
    signedAt: new Date(services.clock()),
    expiresInSeconds,
    disposition: disposition ?? undefined,
    filename: filename ?? undefined,
    contentType: contentType ?? undefined,
  });
  return { url, expiresAt, bucket: address.bucket, key: address.key, region };
}
