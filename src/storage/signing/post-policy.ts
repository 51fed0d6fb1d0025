import { badUserInput } from "../../core/errors.ts";
import type { NameValue, PutDemand } from "./presigned-requests.ts";
import type { Presigner } from "./presigner.ts";
import { algorithm, signature } from "./signature.ts";
import { lifetimeOf } from "./signature-lifetime.ts";

export interface PresignedPost {
  /** Where the form goes, as multipart/form-data. */
  readonly url: string;
  /** In this order, before the file, which is the last field and named `file`. */
  readonly fields: readonly NameValue[];
  readonly expiresAt: Date;
}

/**
 * A form that stores exactly one object: this key, this many bytes, these fields and no others. Of a key and
 * headers that `requirePostable` has let pass.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 * @throws {ValetKeyError} CREDENTIALS_UNAVAILABLE when the session is as good as over
 */
export function presignPost(presigner: Presigner, demand: PutDemand): PresignedPost {
  const { address, session, signedAt, sizeBytes } = demand;
  const { expiresAt } = lifetimeOf(demand);
  const { endpoint, signingKey, date } = presigner.context(address, session.credentials, signedAt);

  const conditionFields: Readonly<Record<string, string>> = {
    ...formFields(demand.headers),
    bucket: address.bucket,
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": signingKey.credential,
    "X-Amz-Date": date,
    "X-Amz-Security-Token": session.credentials.sessionToken,
    key: address.key,
  };
  const policy = encodePolicy(expiresAt, [
    ["content-length-range", sizeBytes, sizeBytes],
    ...Object.entries(conditionFields).map(([name, value]) => ({ [name]: value })),
  ]);

  presigner.count("post");
  return {
    url: `${endpoint.origin}${endpoint.basePath || "/"}`,
    fields: Object.entries({
      key: address.key,
      ...conditionFields,
      Policy: policy,
      "X-Amz-Signature": signature(signingKey.key, policy),
    }).map(([name, value]) => ({ name, value })),
    expiresAt,
  };
}

// S3 puts the name of the client's file in this variable's place, so that what it stores is not what was signed.
const filenameVariable = "${filename}";

/**
 * Refuses what a form cannot carry and a PUT can.
 * @throws {ValetKeyError} BAD_USER_INPUT
 */
export function requirePostable(key: string, headers: Readonly<Record<string, string>>): void {
  if (headers["if-none-match"] !== undefined) {
    throw badUserInput("method", "A form cannot keep an object from being replaced: use PUT.");
  }
  if (key.includes(filenameVariable)) {
    throw badUserInput("key", `A form cannot carry "${filenameVariable}": use PUT.`);
  }
  const header = Object.keys(headers).find((name) => headers[name]?.includes(filenameVariable));
  if (header !== undefined) {
    throw badUserInput(
      valueNames[header] ?? "metadata",
      `A form cannot carry "${filenameVariable}": use PUT.`,
    );
  }
}

/** The headers that can carry the variable, metadata aside, by the name of the value that they are made from. */
const valueNames: Readonly<Record<string, string>> = {
  "cache-control": "cacheControl",
  "content-type": "contentType",
  "content-disposition": "contentDisposition",
  "content-encoding": "contentEncoding",
};

function encodePolicy(expiresAt: Date, conditions: readonly unknown[]): string {
  const expiration = expiresAt.toISOString().replace(".000Z", "Z");
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString("base64");
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html#RESTObjectPOST-requests-form-fields
const fieldNames: Readonly<Record<string, string>> = {
  "cache-control": "Cache-Control",
  "content-type": "Content-Type",
  "content-disposition": "Content-Disposition",
  "content-encoding": "Content-Encoding",
};

/** The headers of a PUT as the fields of a form. */
function formFields(headers: Readonly<Record<string, string>>): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "x-amz-tagging") {
      fields.tagging = taggingXml(value);
    } else {
      if (name.startsWith(checksumPrefix)) {
        fields["x-amz-checksum-algorithm"] = name.slice(checksumPrefix.length).toUpperCase();
      }
      fields[fieldNames[name] ?? name] = value;
    }
  }
  return fields;
}

const checksumPrefix = "x-amz-checksum-";

/** @param header tags as the x-amz-tagging header carries them: `project=valet%20key&year=2026` */
function taggingXml(header: string): string {
  const tags = header.split("&").map((tag) => {
    const [key = "", value = ""] = tag.split("=").map(decodeURIComponent);
    return `<Tag><Key>${escapeXml(key)}</Key><Value>${escapeXml(value)}</Value></Tag>`;
  });
  return `<Tagging><TagSet>${tags.join("")}</TagSet></Tagging>`;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
