import { isIP } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import type { BucketSettings } from "../../core/bucket-settings.ts";

/** The endpoint of S3, according to AWS's own settings and the configuration. */
export interface EndpointSettings {
  /** Whether the bucket is in the path instead of in the host name. */
  readonly forcePathStyle: boolean;
  /** The endpoint of another store than AWS, such as `http://127.0.0.1:4001`. Undefined: AWS's own endpoints. */
  readonly endpoint?: string | undefined;
  readonly useFips?: boolean | undefined;
  readonly useDualstack?: boolean | undefined;
}

/**
 * Reads AWS's own endpoint settings through the SDK, as its S3 client would: AWS_ENDPOINT_URL_S3,
 * AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and their profile entries.
 */
export async function readEndpointSettings(options: {
  readonly forcePathStyle: boolean;
  /** Takes precedence over the environment and the profile. */
  readonly endpoint?: string | undefined;
}): Promise<EndpointSettings> {
  const { config } = new S3Client({ region: "us-east-1" });
  const [configured, useFips, useDualstack] = await Promise.all([
    config.serviceConfiguredEndpoint?.(),
    config.useFipsEndpoint(),
    config.useDualstackEndpoint(),
  ]);
  const endpoint = options.endpoint ?? configured;
  return {
    forcePathStyle: options.forcePathStyle || isAtIpAddress(endpoint),
    endpoint,
    useFips,
    useDualstack,
  };
}

/** A bucket's name cannot precede an IP address, but the SDK's rules would put names with dots there. */
function isAtIpAddress(endpoint: string | undefined): boolean {
  return endpoint !== undefined && isIP(new URL(endpoint).hostname.replace(/^\[|\]$/g, "")) !== 0;
}

/** The same for one bucket, whose own settings take precedence. */
export function endpointSettingsOf(
  { endpoint, dualStack, forcePathStyle }: BucketSettings,
  store: EndpointSettings,
): EndpointSettings {
  if (endpoint !== undefined) return { forcePathStyle: forcePathStyle || isAtIpAddress(endpoint), endpoint };
  if (dualStack === undefined && forcePathStyle === undefined) return store;
  return {
    ...store,
    useDualstack: dualStack ?? store.useDualstack,
    forcePathStyle: (forcePathStyle ?? store.forcePathStyle) || isAtIpAddress(store.endpoint),
  };
}

/** The same under another name. */
export function atPublicEndpoint(settings: EndpointSettings, endpoint: string | undefined): EndpointSettings {
  if (endpoint === undefined) return settings;
  return { ...settings, endpoint, forcePathStyle: settings.forcePathStyle || isAtIpAddress(endpoint) };
}
