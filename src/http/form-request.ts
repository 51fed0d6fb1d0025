import type { FastifyReply, FastifyRequest } from "fastify";
import { badUserInput } from "../core/errors.ts";
import { callerKey } from "./caller-key.ts";
import { sendContinue } from "./expect-continue.ts";
import { readForm } from "./form.ts";
import { assertFormFits, type FormLimits } from "./form-limits.ts";
import type { RequestBodies } from "./request-bodies.ts";
import { stateOf } from "./request-state.ts";
import type { UploadRate } from "./upload-rate.ts";
import type { UploadsPerCaller } from "./uploads-per-caller.ts";

export interface FormsOptions {
  readonly limits: FormLimits;
  readonly bodies: RequestBodies;
  readonly uploads: UploadsPerCaller;
  /** If undefined, the rate of a caller has no limit. */
  readonly uploadRate: UploadRate | undefined;
}

/** Makes the operation of a form the body that Apollo sees. The files arrive when resolvers read them. */
export async function receiveForm(
  request: FastifyRequest,
  reply: FastifyReply,
  { limits, bodies, uploads, uploadRate }: FormsOptions,
): Promise<void> {
  if (request.method !== "POST") throw badUserInput("operations", "Send a form with POST.");
  assertFormFits(request.headers, limits);
  const client = callerKey(request);
  reply.raw.once("close", uploads.start(client));
  const share = uploadRate?.start(client);
  if (share !== undefined) reply.raw.once("close", share.end);
  stateOf(request).uploadShare = share;
  // The fields before the files are held in memory. The form has no deadline, but its pace is checked while it is read.
  bodies.start({ request, body: request.raw, client, hasDeadline: false });
  const form = await readForm(request.raw, { ...limits, share, onAccepted: () => sendContinue(reply.raw) });
  bodies.end(request);
  request.body = form.operation;
  stateOf(request).releaseBody = () => form.release();
}
