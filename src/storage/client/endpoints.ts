import { isIP } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import { LRUCache } from "lru-cache";
import type { BucketName, Region } from "../../core/object-address.ts";

/** Where S3 is: what AWS's own settings and the configuration say about every bucket's endpoint. */
export interface EndpointSettings {
  /** Bucket in the path instead of in the host name. */
  readonly forcePathStyle: boolean;
  /** A store other than AWS: `http://127.0.0.1:4001`. None: AWS's own endpoints. */
  readonly endpoint?: string | undefined;
  readonly useFips?: boolean | undefined;
  readonly useDualstack?: boolean | undefined;
}

/** Where the requests for one bucket go, and what their signatures say about it. */
export interface BucketEndpoint {
  /** `https://photos.s3.eu-west-1.amazonaws.com`: no path, no slash at the end. */
  readonly origin: string;
  /** The Host header as it is sent and signed: with the port unless it is the scheme's own. */
  readonly host: string;
  /** What stands before the key's slash: `""`, or `/photos` in path style. */
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
  /** Goes before what the environment and the profile say. */
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

/** There are no buckets' names before an IP address; the SDK's rules try it for names with dots. */
function isAtIpAddress(endpoint: string | undefined): boolean {
  return endpoint !== undefined && isIP(new URL(endpoint).hostname.replace(/^\[|\]$/g, "")) !== 0;
}

export interface EndpointsOptions extends EndpointSettings {
  /** Buckets remembered. Default 10,000. */
  readonly maxEntries?: number | undefined;
}

/** The endpoint of every bucket, by the SDK's own endpoint rules, which run once for each. */
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
