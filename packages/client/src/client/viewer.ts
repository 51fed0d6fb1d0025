import type { Transport } from "../core/transport.ts";
import { viewerOperation } from "../generated/strings.ts";

export interface Viewer {
  /** Undefined for callers without a token. */
  subject: string | undefined;
  authenticated: boolean;
  /** What the caller may do. */
  grants: {
    bucket: string;
    prefix: string;
    actions: string[];
    maxUploadBytes: number | undefined;
    contentTypes: string[] | undefined;
  }[];
}

export async function viewer(transport: Transport): Promise<Viewer> {
  const { viewer } = await transport.request(viewerOperation, {});
  const { subject, authenticated, grants } = viewer;
  return {
    subject: subject ?? undefined,
    authenticated,
    grants: grants.map(({ maxUploadBytes, contentTypes, ...grant }) => ({
      ...grant,
      maxUploadBytes: maxUploadBytes ?? undefined,
      contentTypes: contentTypes ?? undefined,
    })),
  };
}
