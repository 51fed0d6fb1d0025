import type { ReadResponse } from "./direct-caller.ts";
import { parsePage } from "./parse-page.ts";

export const readPage: ReadResponse = async (response, bySdk) => {
  const { statusCode, body } = response;
  if (statusCode >= 300) return bySdk();
  const page = parsePage(body.toString());
  if (page !== undefined) return { ...page, $metadata: { httpStatusCode: statusCode } };
  // S3 may fail after it has sent the status 200.
  if (body.subarray(-16).toString().endsWith("</Error>")) response.statusCode = 503;
  return bySdk();
};
