const nothingToEncode = /^[A-Za-z0-9\-._~]*$/;
const nothingToEncodeInPath = /^[A-Za-z0-9\-._~/]*$/;
const leftByEncodeUriComponent = /[!'()*]/g;
const leftByEncodeUriButSlash = /[!#$&'()*+,:;=?@]/g;

/**
 * Percent-encodes every byte except RFC 3986's unreserved characters, as signatures require it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#create-signature-presign-entire-payload
 * @throws {URIError} for a lone surrogate
 */
export function uriEncode(value: string): string {
  if (nothingToEncode.test(value)) return value;
  return encodeURIComponent(value).replace(leftByEncodeUriComponent, percentEncode);
}

/** The same for an object key in a path, where slashes are not encoded. */
export function uriEncodePath(key: string): string {
  if (nothingToEncodeInPath.test(key)) return key;
  return encodeURI(key).replace(leftByEncodeUriButSlash, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
