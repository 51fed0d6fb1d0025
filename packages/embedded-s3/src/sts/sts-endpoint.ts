import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { StoreError } from "../core/store-error.ts";
import type { Answer } from "../http/response.ts";
import type { AccessKeys } from "../signing/access-keys.ts";
import { verifySignature } from "../signing/signature.ts";
import type { WireRequest } from "../signing/wire-request.ts";
import { answerSts, stsErrorXml } from "./sts.ts";

const maxFormBytes = 64 * 1024;

export interface StsSettings {
  readonly keys: AccessKeys;
  readonly now: () => Date;
  readonly minSessionSeconds?: number | undefined;
}

/** Answers `POST /` with a form: STS's query protocol. */
export async function answerStsRequest(
  wire: WireRequest,
  body: Readable,
  settings: StsSettings,
): Promise<{ readonly operation: string; readonly answer: Answer }> {
  const form = await readForm(body);
  const bodySha256 = createHash("sha256").update(form).digest("hex");
  const parameters = new URLSearchParams(form.toString("utf8"));
  const operation = parameters.get("Action") ?? "";
  try {
    const now = settings.now();
    const caller = verifySignature(wire, settings.keys, now, "sts", bodySha256);
    const xml = answerSts(parameters, caller, settings.keys, now, settings.minSessionSeconds);
    return { operation, answer: { status: 200, headers: { "content-type": "text/xml" }, body: xml } };
  } catch (error) {
    throw error instanceof StoreError ? new StsRefusal(operation, error) : error;
  }
}

/** A refusal that is told in STS's form of XML. */
export class StsRefusal extends Error {
  override readonly name = "StsRefusal";
  readonly operation: string;
  readonly error: StoreError;

  constructor(operation: string, error: StoreError) {
    super(error.message);
    this.operation = operation;
    this.error = error;
  }

  answer(requestId: string): Answer {
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
