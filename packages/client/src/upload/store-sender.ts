import { fileChangedError, ValetKeyError } from "../core/errors.ts";
import { type BodyToSend, sendBody } from "./send-body.ts";
import { StoreError, type StoreResponse } from "./store-error.ts";

/** A store that has refused this many URLs of one upload in a row refuses for another reason than their age. */
const maxRefusals = 3;
/** After this many failures of one body without any response of the store, the page looks for the reason. */
const maxSilentFailures = 3;
const probeMs = 5_000;

/** Sends the bodies of one upload to S3, and decides which failures are final. */
export class StoreSender {
  readonly #fetch: typeof globalThis.fetch;
  #hasResponded = false;
  #refusals = 0;
  /** By URL. */
  readonly #silentFailures = new Map<string, number>();

  constructor(fetch: typeof globalThis.fetch) {
    this.#fetch = fetch;
  }

  /**
   * @param hasChanged whether the bytes of the body are no longer those that were hashed
   * @throws {ValetKeyError} with `retryable` if the body should be sent again
   */
  async send(request: BodyToSend, hasChanged: () => Promise<boolean>): Promise<StoreResponse> {
    try {
      const response = await sendBody(request, this.#fetch);
      this.#hasResponded = true;
      this.#refusals = 0;
      return response;
    } catch (error) {
      if (request.signal.aborted) throw error;
      throw await this.#judge(error, request, hasChanged);
    }
  }

  async #judge(error: unknown, { url }: BodyToSend, hasChanged: () => Promise<boolean>): Promise<unknown> {
    if (error instanceof StoreError) {
      this.#hasResponded = true;
      if (error.remedy === "read" && (await hasChanged())) return fileChangedError(error);
      if (error.remedy === "sign" && ++this.#refusals >= maxRefusals)
        return new ValetKeyError(error.message, { code: error.code, cause: error });
    } else if (!this.#hasResponded && (error as ValetKeyError).code === "NETWORK") {
      const failures = (this.#silentFailures.get(url) ?? 0) + 1;
      this.#silentFailures.set(url, failures);
      if (failures >= maxSilentFailures && (await this.#isReachable(url)))
        return missingCorsRule(url, error as ValetKeyError);
    }
    return error;
  }

  /** Whether the store responds to a page that does not ask to read its response. Then its CORS rules are in the way. */
  async #isReachable(url: string): Promise<boolean> {
    const { origin } = new URL(url);
    const page = globalThis.location?.origin;
    if (page === undefined || page === origin) return false;
    return this.#fetch(origin, { mode: "no-cors", signal: AbortSignal.timeout(probeMs) }).then(
      () => true,
      () => false,
    );
  }
}

function missingCorsRule(url: string, cause: ValetKeyError): ValetKeyError {
  const { origin } = globalThis.location;
  const message = `The store ${new URL(url).host} responds, but its bucket has no CORS rule for this page. Add one with AllowedOrigins ["${origin}"], AllowedMethods ["GET", "PUT", "POST"], AllowedHeaders ["*"] and ExposeHeaders ["ETag"].`;
  return new ValetKeyError(message, { code: "STORE_REFUSED", cause });
}
