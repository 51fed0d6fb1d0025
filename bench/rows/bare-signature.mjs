import { createHmac, createSecretKey, hash } from "node:crypto";

// The limit: what no signer can leave out. One hash and one HMAC over the shortest code that makes a
// valid URL; the derived key, the date and everything else that stays the same is made once, beforehand.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html

export function bareSigner({ origin, bucket, region, credentials, date }) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const signingKey = createSecretKey(scope.split("/").reduce(hmac, `AWS4${secretAccessKey}`));
  const query = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
    `X-Amz-Credential=${encodeURIComponent(`${accessKeyId}/${scope}`)}`,
    `X-Amz-Date=${date}`,
    "X-Amz-Expires=2400",
    `X-Amz-Security-Token=${encodeURIComponent(sessionToken)}`,
  ].join("&");
  const canonicalEnd = `\n${query}&X-Amz-SignedHeaders=host\nhost:${new URL(origin).host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const toSignStart = `AWS4-HMAC-SHA256\n${date}\n${scope}\n`;

  return (key) => {
    const path = `/${bucket}/${encodeURIComponent(key).replaceAll("%2F", "/")}`;
    const toSign = toSignStart + hash("sha256", `GET\n${path}${canonicalEnd}`, "hex");
    const signature = createHmac("sha256", signingKey).update(toSign).digest("hex");
    return `${origin}${path}?${query}&X-Amz-Signature=${signature}&X-Amz-SignedHeaders=host`;
  };
}

const hmac = (key, data) => createHmac("sha256", key).update(data).digest();
