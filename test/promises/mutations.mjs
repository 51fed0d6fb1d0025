/**
 * Lines that the promises depend on, and how each is broken.
 * @type {readonly { promise: string, what: string, file: string, replace: string, by: string }[]}
 */
export const mutations = [
  {
    promise: "01",
    what: "expiresAt says a minute more than is signed",
    file: "src/storage/signing/signature-lifetime.ts",
    replace: "(signedAtSeconds + expiresInSeconds) * 1000",
    by: "(signedAtSeconds + expiresInSeconds + 60) * 1000",
  },
  {
    promise: "01",
    what: "a URL may claim to outlive its session",
    file: "src/storage/signing/signature-lifetime.ts",
    replace: "Math.min(request.expiresInSeconds, sessionSeconds)",
    by: "request.expiresInSeconds",
  },
  {
    promise: "02",
    what: "the server does not look at a grant's prefix",
    file: "src/access/authorization.ts",
    replace: "grant.actions.includes(action) && path.startsWith(grant.prefix)",
    by: "grant.actions.includes(action)",
  },
  {
    promise: "02",
    what: "the session policy allows the whole bucket",
    file: "src/access/session-policy.ts",
    replace: "arn(`${bucket}/${literal(prefix)}*`)",
    by: "arn(`${bucket}/${literal(prefix).slice(0, 0)}*`)",
  },
  {
    promise: "03",
    what: "parts that are missing are not noticed",
    file: "src/storage/multipart/complete-upload.ts",
    replace: "if (missing.length > 0) throw",
    by: "if (missing.length > 1e9) throw",
  },
  {
    promise: "03",
    what: "the end of a connection is taken for the end of a file",
    file: "src/storage/streaming/part-reader.ts",
    replace: "await this.#chunks.next();",
    by: "await this.#chunks.next().catch(() => ({ done: true, value: Buffer.alloc(0) }));",
  },
  {
    promise: "03",
    what: "a byte is lost between two parts",
    file: "src/storage/streaming/part-reader.ts",
    replace: "chunk.subarray(copied) : undefined",
    by: "chunk.subarray(copied + 1) : undefined",
  },
  {
    promise: "04",
    what: "the fields of fragments are not counted",
    file: "src/graphql/operation/assert-document-limits.ts",
    replace: "if (expanded.count > limits.fields)",
    by: "if (expanded.count < 0)",
  },
  {
    promise: "05",
    what: "ARNs and account numbers stay in what is logged",
    file: "src/core/logged-error.ts",
    replace: "return secrets.reduce((cleaned, [secret, instead]) => cleaned.replace(secret, instead), text);",
    by: "return text;",
  },
  {
    promise: "06",
    what: "an upload that failed is not aborted",
    file: "src/storage/streaming/streamed-parts.ts",
    replace: "await abandoned.abort(upload, s3);",
    by: "",
  },
  {
    promise: "07",
    what: "uploads do not wait for memory",
    file: "src/storage/streaming/upload-budget.ts",
    replace: "if (missingBytes > 0) {",
    by: "if (missingBytes > 1e12) {",
  },
  {
    promise: "08",
    what: "a caller's requests do not share one AssumeRole",
    file: "src/access/single-flight.ts",
    replace: "if (running !== undefined) return running;",
    by: "",
  },
  {
    promise: "09",
    what: "a call to S3 has no timeout",
    file: "src/storage/calls/object-transfer-handler.ts",
    replace: "(mayTakeLong ? 0 : this.#requestTimeoutMs)",
    by: "0",
  },
  {
    promise: "10",
    what: "a stopping server does not wait for uploads",
    file: "src/app/drain.ts",
    replace: "}, drainSeconds * 1000);",
    by: "}, 0);",
  },
];
