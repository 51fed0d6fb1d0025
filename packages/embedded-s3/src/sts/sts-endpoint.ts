import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { StoreError } from "../core/store-error.ts";
import type { StoreResponse } from "../http/response.ts";
import type { AccessKeys } from "../signing/access-keys.ts";
import { verifySignature } from "../signing/verify-signature.ts";
import type { WireRequest } from "../signing/wire-request.ts";
import { handleStsAction, stsErrorXml } from "./sts-actions.ts";

const maxFormBytes = 64 * 1024;

export interface StsSettings {
  readonly keys: AccessKeys;
  readonly now: () => Date;
  readonly minSessionSeconds?: number | undefined;
}

/** Handles `POST /` with a form, which is the query protocol of STS. */
export async function handleStsRequest(
  wire: WireRequest,
  body: Readable,
  settings: StsSettings,
): Promise<{ readonly operation: string; readonly response: StoreResponse }> {
  const form = await readForm(body);
  const bodySha256 = createHash("sha256").update(form).digest("hex");
  const parameters = new URLSearchParams(form.toString("utf8"));
  const operation = parameters.get("Action") ?? "";
  try {
    const now = settings.now();
    const caller = verifySignature(wire, settings.keys, now, "sts", bodySha256);
    const xml = handleStsAction(parameters, caller, settings.keys, now, settings.minSessionSeconds);
    return { operation, response: { status: 200, headers: { "content-type": "text/xml" }, body: xml } };
  } catch (error) {
    throw error instanceof StoreError ? new StsRefusal(operation, error) : error;
  }
}

/** An error that is sent as XML in the form of STS. */
export class StsRefusal extends Error {
  override readonly name = "StsRefusal";
  readonly operation: string;
  readonly error: StoreError;

  constructor(operation: string, error: StoreError) {
    super(error.message);
    this.operation = operation;
    this.error = error;
  }

  toResponse(requestId: string): StoreResponse {
    return {
      status: this.error.status,
      headers: { "content-type": "text/xml" },
      body: stsErrorXml(this.error, requestId),
    };
  }
}

async function readForm(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxFormBytes) {
      throw new StsRefusal("", new StoreError(413, "RequestEntityTooLarge", "The form is too large."));
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
