import { isIP } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { LRUCache } from "lru-cache";
import type { BucketName, Region } from "../../core/object-address.ts";

/** The endpoint of S3, according to AWS's own settings and the configuration. */
export interface EndpointSettings {
  /** Whether the bucket is in the path instead of in the host name. */
  readonly forcePathStyle: boolean;
  /** The endpoint of another store than AWS, such as `http://127.0.0.1:4001`. Undefined: AWS's own endpoints. */
  readonly endpoint?: string | undefined;
  readonly useFips?: boolean | undefined;
  readonly useDualstack?: boolean | undefined;
}

/** The destination of the requests for one bucket, and its part of their signatures. */
export interface BucketEndpoint {
  /** `https://photos.s3.eu-west-1.amazonaws.com`, without a path and without a trailing slash. */
  readonly origin: string;
  /** The Host header, with the port unless it is the default of the scheme. */
  readonly host: string;
  /** The path before the key: `""`, or `/photos` in path style. */
  readonly basePath: string;
  /** The region of the credential scope. */
  readonly signingRegion: string;
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

export interface EndpointsOptions extends EndpointSettings {
  /** The number of cached endpoints. Default: 10,000. */
  readonly maxEntries?: number | undefined;
}

/** The endpoints of buckets, according to the SDK's own rules. These run once for each bucket. */
export class Endpoints {
  readonly #settings: EndpointSettings;
  readonly #resolved: LRUCache<string, BucketEndpoint>;
  readonly #rules = new S3Client({ region: "us-east-1" }).config.endpointProvider;

  constructor({ maxEntries = 10_000, ...settings }: EndpointsOptions) {
    this.#settings = settings;
    this.#resolved = new LRUCache({ max: maxEntries });
  }

  resolve(region: Region, bucket: BucketName): BucketEndpoint {
    const cacheKey = `${region}/${bucket}`;
    let endpoint = this.#resolved.get(cacheKey);
    if (endpoint === undefined) {
      endpoint = this.#applyRules(region, bucket);
      this.#resolved.set(cacheKey, endpoint);
    }
    return endpoint;
  }

  #applyRules(region: Region, bucket: BucketName): BucketEndpoint {
    const { forcePathStyle, endpoint, useFips = false, useDualstack = false } = this.#settings;
    const { url, properties } = this.#rules({
      Region: region,
      Bucket: bucket,
      Endpoint: endpoint,
      ForcePathStyle: forcePathStyle,
      UseFIPS: useFips,
      UseDualStack: useDualstack,
      Accelerate: false,
      UseGlobalEndpoint: false,
      DisableMultiRegionAccessPoints: true,
    });
    return {
      origin: url.origin,
      host: url.host,
      basePath: url.pathname.replace(/\/$/, ""),
      signingRegion: properties?.authSchemes?.[0]?.signingRegion ?? region,
    };
  }
}
