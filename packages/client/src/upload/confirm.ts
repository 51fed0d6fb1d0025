import { ValetKeyError } from "../core/errors.ts";
import { type StoredObject, toStoredObject } from "../core/objects.ts";
import { backoffMs, noRetries, requestPolicy } from "../core/retry.ts";
import { confirmUploadOperation } from "../generated/strings.ts";
import { finalGraceMs, type UploadSteps } from "./upload-steps.ts";

/** Has the server look at a file that was sent with one request. Its response may be lost, so it is repeated. */
export async function confirm(
  { flow, transport, options }: UploadSteps,
  receipt: string,
): Promise<StoredObject> {
  for (let attempts = 1; ; attempts++) {
    try {
      const { confirmUpload } = await flow.run(
        (signal) =>
          transport.request(confirmUploadOperation, { receipt }, { signal, retryPolicy: noRetries }),
        { graceMs: finalGraceMs },
      );
      return toStoredObject(confirmUpload, options.contentType);
    } catch (error) {
      const hasNotArrived = (error as ValetKeyError).code === "UPLOAD_INCOMPLETE";
      if (!hasNotArrived || attempts >= requestPolicy.maxAttempts) throw error;
      // Some stores show an object a moment after they have accepted it.
      await transport.clock.sleep(backoffMs(attempts, requestPolicy, Math.random), flow.signal);
    }
  }
}
