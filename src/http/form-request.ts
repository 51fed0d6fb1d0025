import type { FastifyReply, FastifyRequest } from "fastify";
import { badUserInput } from "../core/errors.ts";
import { callerKey } from "./caller-key.ts";
import { sendContinue } from "./expect-continue.ts";
import { readForm } from "./form.ts";
import { assertFormFits, type FormLimits } from "./form-limits.ts";
import type { RequestBodies } from "./request-bodies.ts";
import { stateOf } from "./request-state.ts";
import type { UploadsPerCaller } from "./uploads-per-caller.ts";

/** Makes the operation of a form the body that Apollo sees. The files arrive when resolvers read them. */
export async function receiveForm(
  request: FastifyRequest,
  reply: FastifyReply,
  limits: FormLimits,
  bodies: RequestBodies,
  uploads: UploadsPerCaller,
): Promise<void> {
  if (request.method !== "POST") throw badUserInput("operations", "Send a form with POST.");
  assertFormFits(request.headers, limits);
  const client = callerKey(request);
  reply.raw.once("close", uploads.start(client));
  // The fields before the files are held in memory. The form has no deadline, but its pace is checked while it is read.
  bodies.start({ request, body: request.raw, client, hasDeadline: false });
  const form = await readForm(request.raw, { ...limits, onAccepted: () => sendContinue(reply.raw) });
  bodies.end(request);
  request.body = form.operation;
  stateOf(request).releaseBody = () => form.release();
}
