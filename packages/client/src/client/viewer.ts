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
  return (await transport.request(viewerOperation, {})).viewer;
}
