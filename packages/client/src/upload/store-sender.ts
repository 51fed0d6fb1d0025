import { fileChangedError, ValetKeyError } from "../core/errors.ts";
import { type BodyToSend, sendBody } from "./send-body.ts";
import { StoreError, type StoreResponse } from "./store-error.ts";

/** A store that has refused this many URLs of one upload in a row refuses for another reason than their age. */
const maxRefusals = 3;
/** A store that never responds is given up earlier than one that has responded before. */
const maxSilentFailures = 4;

/** Sends the bodies of one upload to S3, and decides which failures are final. */
export class StoreSender {
  readonly #fetch: typeof globalThis.fetch;
  #hasResponded = false;
  #refusals = 0;
  #silentFailures = 0;

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
      if (error.remedy === "sign" && ++this.#refusals >= maxRefusals) return final(error);
    } else if (error instanceof ValetKeyError && error.code === "NETWORK" && !this.#hasResponded) {
      if (++this.#silentFailures >= maxSilentFailures) return noResponse(url, error);
    }
    return error;
  }
}

function final({ message, code, cause }: ValetKeyError): ValetKeyError {
  return new ValetKeyError(message, { code, cause });
}

function noResponse(url: string, cause: ValetKeyError): ValetKeyError {
  const { host } = new URL(url);
  const origin = globalThis.location?.origin;
  const hint =
    origin === undefined
      ? ""
      : ` If the store can be reached, its bucket has no CORS rule for this page. Add one with AllowedOrigins ["${origin}"], AllowedMethods ["GET", "HEAD", "PUT", "POST"], AllowedHeaders ["*"] and ExposeHeaders ["ETag"].`;
  return new ValetKeyError(`The store ${host} did not respond.${hint}`, { code: "STORE_REFUSED", cause });
}
