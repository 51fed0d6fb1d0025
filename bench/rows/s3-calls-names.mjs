export const names = {
  head: "HeadObject, direct",
  headBySdk: "HeadObject, the SDK's middleware",
  page: "ListObjectsV2 of 1,000 objects, direct",
  pageBySdk: "ListObjectsV2 of 1,000 objects, the SDK's middleware",
};
