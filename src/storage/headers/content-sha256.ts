/** The value of X-Amz-Content-Sha256 where the signature does not cover the body. */
export const unsignedPayload = "UNSIGNED-PAYLOAD";
