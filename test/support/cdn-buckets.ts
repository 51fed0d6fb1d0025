import { type CdnKeyPair, type CdnKeyType, makeCdnKeyPair, writeCdnKey } from "./cdn-keys.ts";
import { type CloudFront, startCloudFront } from "./cloudfront.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";
import type { StoreDescription } from "./store-description.ts";

export interface CdnBucketOptions {
  readonly store: StoreDescription;
  readonly bucket: string;
  readonly keyType: CdnKeyType;
  readonly now?: (() => number) | undefined;
}

/** A bucket with a distribution in front of it. */
export interface CdnBucket extends Closable {
  readonly cloudFront: CloudFront;
  readonly keyPair: CdnKeyPair;
  /** What the access file says about the bucket. */
  readonly settings: {
    readonly cdn: { readonly url: string; readonly keyPairId: string; readonly privateKeyFile: string };
  };
}

export function startCdnBucket({ store, bucket, keyType, now }: CdnBucketOptions): Promise<CdnBucket> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("cdn"));
    const keyPair = await makeCdnKeyPair(keyType);
    const { keyPairId, publicKey } = keyPair;
    const publicKeys = new Map([[keyPairId, publicKey]]);
    const cloudFront = await started.use(startCloudFront({ store, bucket, publicKeys, now }));
    const privateKeyFile = await writeCdnKey(folder.path, keyPair);
    return { cloudFront, keyPair, settings: { cdn: { url: cloudFront.url, keyPairId, privateKeyFile } } };
  });
}
