import type { TypePolicies } from "@apollo/client/cache";
import { unlessExpired } from "./expiry.ts";
import { paginated } from "./pagination.ts";

/** A newer value replaces all of an older one. Without this, Apollo Client warns about lists that become shorter. */
const replaced = { merge: false } as const;
/** Presigned requests have no identity: each response has another one. */
const presigned = (...fields: string[]) => ({
  keyFields: false as const,
  fields: Object.fromEntries(fields.map((field) => [field, unlessExpired])),
});

/** How Apollo Client caches the API: `new InMemoryCache({ typePolicies, possibleTypes })`. */
export const typePolicies: TypePolicies = {
  Query: {
    fields: {
      objects: paginated(["bucket", "prefix", "delimiter", "region"]),
      objectVersions: paginated(["bucket", "prefix", "key", "region"]),
      uploads: paginated(["bucket", "prefix", "region"]),
      downloadUrl: replaced,
      downloadUrls: replaced,
    },
  },
  S3Object: {
    // A version is an object of its own. Buckets have names that are unique in all regions.
    keyFields: ({ bucket, key, versionId }) => {
      if (bucket === undefined || key === undefined) return false;
      return versionId === undefined || versionId === null
        ? ["bucket", "key"]
        : ["bucket", "key", "versionId"];
    },
    fields: { metadata: replaced, tags: replaced, checksum: replaced, downloadUrl: replaced },
  },
  ObjectVersion: { keyFields: ["bucket", "key", "versionId"] },
  MultipartUpload: { keyFields: ["id"], fields: { parts: replaced, uploadedParts: replaced } },
  PendingUpload: { keyFields: ["id"] },
  UploadedPart: { keyFields: false },
  DownloadUrl: presigned("url"),
  UploadPart: presigned("url", "headers"),
  PutUpload: presigned("url", "headers"),
  PostUpload: presigned("url", "fields"),
  // There is only one.
  Viewer: { keyFields: [], fields: { grants: replaced } },
};
