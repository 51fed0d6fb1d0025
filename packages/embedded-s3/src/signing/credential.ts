import { StoreError } from "../core/store-error.ts";
import type { CredentialScope } from "./canonical-request.ts";

export type Service = "s3" | "sts";

/**
 * Parses ACCESS_KEY/YYYYMMDD/region/service/aws4_request.
 * @param timestamp the date of the signature, which the credential has to repeat
 * @param fault creates the error for the place in which the credential was sent
 * @throws {StoreError} what `fault` creates
 */
export function parseCredential(
  credential: string,
  service: Service,
  timestamp: string,
  fault: (detail: string) => StoreError,
): { readonly accessKeyId: string; readonly scope: CredentialScope } {
  const parts = credential.split("/");
  const [accessKeyId = "", date = "", region = "", scopeService = "", terminal = ""] = parts;
  if (parts.length !== 5) {
    throw fault(
      `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
    );
  }
  if (accessKeyId === "") throw fault("a non-empty Access Key (AKID) must be provided in the credential.");
  if (!/^\d{8}$/.test(date)) {
    throw fault(
      `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  }
  if (date !== timestamp.slice(0, 8)) {
    throw fault(
      `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  }
  if (region === "") throw fault("a non-empty region must be provided in the credential.");
  if (scopeService !== service) {
    throw fault(`incorrect service "${scopeService}". This endpoint belongs to "${service}".`);
  }
  if (terminal !== "aws4_request") {
    throw fault(`incorrect terminal "${terminal}". This endpoint uses "aws4_request".`);
  }
  return { accessKeyId, scope: { date, region, service } };
}
