import { ValetKeyError } from "../core/errors.ts";
import { type StoredObject, toStoredObject } from "../core/objects.ts";
import { backoffMs, noRetries, type RetryPolicy } from "../core/retry.ts";
import { confirmUploadOperation } from "../generated/strings.ts";
import { finalGraceMs, type UploadSteps } from "./upload-steps.ts";

/** For stores that show an object a moment after they have accepted it. */
const arrivalPolicy: RetryPolicy = { maxAttempts: 4, baseMs: 500, maxMs: 4_000 };

/** Has the server look at a file that was sent with one request. Its response may be lost, so it is repeated. */
export async function confirm(
  { flow, transport, file, options }: UploadSteps,
  receipt: string,
): Promise<StoredObject> {
  for (let attempts = 1; ; attempts++) {
    try {
      const { confirmUpload } = await flow.run(
        (signal) =>
          transport.request(confirmUploadOperation, { receipt }, { signal, retryPolicy: noRetries }),
        { graceMs: finalGraceMs },
      );
      if (confirmUpload === null) {
        throw new ValetKeyError("The server returned no object.", { code: "NETWORK" });
      }
      const contentType = options.contentType ?? (file.type || undefined);
      return { ...toStoredObject(confirmUpload), contentType };
    } catch (error) {
      const hasNotArrived = error instanceof ValetKeyError && error.code === "UPLOAD_INCOMPLETE";
      if (!hasNotArrived || attempts >= arrivalPolicy.maxAttempts) throw error;
      await transport.clock.sleep(backoffMs(attempts, arrivalPolicy, Math.random), flow.signal);
    }
  }
}
