/** The value of X-Amz-Content-Sha256 where the signature does not cover the body. */
export const unsignedPayload = "UNSIGNED-PAYLOAD";

/** The SHA-256 of a request without a body. */
export const emptyBodySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
