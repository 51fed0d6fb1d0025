import { S3Client, type S3ClientResolvedConfig } from "@aws-sdk/client-s3";
import type { EndpointV2 } from "@smithy/types";
import { LRUCache } from "lru-cache";
import { type BucketSettings, Buckets } from "../../core/bucket-settings.ts";
import type { BucketName, Region } from "../../core/object-address.ts";
import { atPublicEndpoint, type EndpointSettings, endpointSettingsOf } from "./endpoint-settings.ts";

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
  /** The account that has to own the bucket, if it is configured. */
  readonly owner?: string | undefined;
}

export interface EndpointsOptions extends EndpointSettings {
  /** The origin under which clients reach the store. Default: the one that the server uses. */
  readonly publicEndpoint?: string | undefined;
  /** Where buckets are that have a role of their own, but neither an endpoint nor an STS. Default: at the same store. */
  readonly ofOwnRoles?: EndpointSettings | undefined;
  /** Buckets with endpoints of their own. Default: none. */
  readonly buckets?: Buckets | undefined;
  /** The number of cached endpoints. Default: 10,000. */
  readonly maxEntries?: number | undefined;
}

/** How a client that speaks S3 itself reaches a bucket. */
export interface ClientEndpoint {
  /** The store's public origin. `null` for AWS's own endpoints. */
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
}

/** How buckets with the same settings are reached. */
interface Reach {
  readonly id: number;
  readonly fromServer: EndpointSettings;
  readonly fromClients: EndpointSettings;
  readonly accelerate: boolean;
  readonly owner: string | undefined;
}

/**
 * The endpoints of buckets. Calls of the server go to the store itself. What is signed for clients names the public
 * endpoint, because a signature covers the host.
 */
export class Endpoints {
  readonly #store: EndpointSettings;
  readonly #ofOwnRoles: EndpointSettings;
  readonly #publicEndpoint: string | undefined;
  readonly #buckets: Buckets;
  // By the settings object, which is another one after the access file was read again.
  readonly #reaches = new WeakMap<BucketSettings, Reach>();
  readonly #resolved: LRUCache<string, BucketEndpoint>;
  readonly #rules = new S3Client({ region: "us-east-1" }).config.endpointProvider;
  #lastId = 0;

  constructor(options: EndpointsOptions) {
    const { maxEntries = 10_000, buckets = new Buckets(), publicEndpoint, ofOwnRoles, ...store } = options;
    this.#store = store;
    this.#ofOwnRoles = ofOwnRoles ?? store;
    this.#publicEndpoint = publicEndpoint;
    this.#buckets = buckets;
    this.#resolved = new LRUCache({ max: maxEntries });
  }

  /** For calls of the server: the same object for buckets that it reaches in the same way. */
  fromServer(bucket: BucketName): EndpointSettings {
    return this.#reach(bucket).fromServer;
  }

  /** What a client that speaks S3 itself has to be configured with. */
  forClients(bucket: BucketName): ClientEndpoint {
    const { endpoint = null, forcePathStyle } = this.#reach(bucket).fromClients;
    return { endpoint, forcePathStyle };
  }

  /** The endpoint of presigned requests, according to the SDK's own rules. These run once for each bucket. */
  resolve(region: Region, bucket: BucketName): BucketEndpoint {
    const reach = this.#reach(bucket);
    const cacheKey = `${reach.id}/${region}/${bucket}`;
    let endpoint = this.#resolved.get(cacheKey);
    if (endpoint === undefined) {
      endpoint = this.#applyRules(region, bucket, reach);
      this.#resolved.set(cacheKey, endpoint);
    }
    return endpoint;
  }

  #reach(bucket: BucketName): Reach {
    const settings = this.#buckets.of(bucket);
    let reach = this.#reaches.get(settings);
    if (reach === undefined) {
      const { endpoint, role, accelerate = false, owner } = settings;
      const store = role !== undefined && role.stsEndpoint === undefined ? this.#ofOwnRoles : this.#store;
      const fromServer = endpointSettingsOf(settings, store);
      // The public endpoint of the configuration is that of its own store.
      const isAtOwnStore = endpoint === undefined && store === this.#store;
      const publicEndpoint = settings.publicEndpoint ?? (isAtOwnStore ? this.#publicEndpoint : undefined);
      this.#lastId += 1;
      reach = {
        id: this.#lastId,
        fromServer,
        fromClients: atPublicEndpoint(fromServer, publicEndpoint),
        accelerate,
        owner,
      };
      this.#reaches.set(settings, reach);
    }
    return reach;
  }

  #applyRules(region: Region, bucket: BucketName, { fromClients, accelerate, owner }: Reach): BucketEndpoint {
    const { url, properties } = endpointByRules(this.#rules, region, bucket, { ...fromClients, accelerate });
    return {
      origin: url.origin,
      host: url.host,
      basePath: url.pathname.replace(/\/$/, ""),
      signingRegion: properties?.authSchemes?.[0]?.signingRegion ?? region,
      owner,
    };
  }
}

/** Applies the SDK's own rules. The SDK caches the last endpoints. */
export function endpointByRules(
  rules: S3ClientResolvedConfig["endpointProvider"],
  region: Region,
  bucket: BucketName,
  settings: EndpointSettings & { readonly accelerate?: boolean },
): EndpointV2 {
  const { forcePathStyle, endpoint, useFips = false, useDualstack = false, accelerate = false } = settings;
  return rules({
    Region: region,
    Bucket: bucket,
    Endpoint: endpoint,
    ForcePathStyle: forcePathStyle,
    UseFIPS: useFips,
    UseDualStack: useDualstack,
    Accelerate: accelerate,
    UseGlobalEndpoint: false,
    DisableMultiRegionAccessPoints: true,
  });
}
