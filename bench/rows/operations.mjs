import { graphql, hasData } from "../load.mjs";

// The requests of both sides, each as a function of a running number, so that no two ask for the same URL
// and no response can come out of a cache. Variables, not literals: what a frontend's client sends.

const downloadUrl = `query ($bucket: String!, $key: String!, $verify: Boolean) {
  downloadUrl(bucket: $bucket, key: $key, verify: $verify) { url expiresAt }
}`;
const downloadUrls = `query ($objects: [ObjectInput!]!) {
  downloadUrls(objects: $objects, verify: false) { url expiresAt }
}`;
const requestUpload = `mutation ($input: UploadInput!, $size: SafeInt!, $method: UploadMethod!) {
  requestUpload(input: $input, size: $size, method: $method) {
    ... on PutUpload { url headers { name value } expiresAt }
    ... on PostUpload { url fields { name value } expiresAt }
  }
}`;
const page = (url) => `query ($bucket: String!) {
  objects(bucket: $bucket, prefix: "photos/", first: 1000) { nodes { key size ${url} } pageInfo { endCursor } }
}`;

const sizeBytes = 300_000;
const keyOf = (i) => `photos/2024/06/IMG_${100_000 + (i % 900_000)}.jpg`;
const isSigned = (response) => response.includes("X-Amz-Signature=") && !response.includes('"errors":[');

export const valetKey = {
  downloadUrl: (bucket) => ({
    request: (i) => graphql(downloadUrl, { bucket, key: keyOf(i), verify: false }),
    check: isSigned,
  }),
  /** @param {{ subject: string, token: string }[]} callers who take turns, each in a folder of their own */
  downloadUrlWithToken: (bucket, callers) => ({
    request: (i) => {
      const { subject, token } = callers[i % callers.length];
      const variables = { bucket, key: `users/${subject}/${keyOf(i)}`, verify: false };
      return graphql(downloadUrl, variables, { authorization: `Bearer ${token}` });
    },
    check: isSigned,
  }),
  verifiedDownloadUrl: (bucket, keys) => ({
    request: (i) => graphql(downloadUrl, { bucket, key: keys[i % keys.length], verify: true }),
    check: isSigned,
  }),
  downloadUrls: (bucket, count) => ({
    request: (i) => {
      const objects = Array.from({ length: count }, (_, item) => ({ bucket, key: keyOf(i * count + item) }));
      return graphql(downloadUrls, { objects });
    },
    check: isSigned,
  }),
  requestUpload: (bucket, method) => ({
    request: (i) =>
      graphql(requestUpload, {
        input: { bucket, key: keyOf(i), contentType: "image/jpeg" },
        size: sizeBytes,
        method,
      }),
    check: hasData,
  }),
  page: (bucket) => ({ request: () => graphql(page("downloadUrl { url }"), { bucket }), check: isSigned }),
  pageWithoutUrls: (bucket) => ({ request: () => graphql(page(""), { bucket }), check: hasData }),
};

export const constantApollo = {
  downloadUrl: valetKey.downloadUrl,
};

const get = (path, query) => ({ method: "GET", path: `${path}?${new URLSearchParams(query)}` });

export const seedWay = {
  item: (bucket, keys) => ({
    request: (i) => get("/item", { bucket, key: keys[i % keys.length] }),
    check: isSigned,
  }),
};

export const companion = {
  presignedPost: () => ({
    request: (i) => get("/s3/params", { filename: `IMG_${i}.jpg`, type: "image/jpeg" }),
    check: (response) => response.includes('"X-Amz-Signature"'),
  }),
  signPart: () => ({
    request: (i) => get(`/s3/multipart/upload-id/${1 + (i % 10_000)}`, { key: keyOf(i) }),
    check: isSigned,
  }),
  signParts: (count) => ({
    request: (i) => {
      const partNumbers = Array.from({ length: count }, (_, item) => item + 1).join();
      return get("/s3/multipart/upload-id/batch", { key: keyOf(i), partNumbers });
    },
    check: isSigned,
  }),
};

export const betterUpload = {
  presignedPut: () => ({
    request: (i) => ({
      method: "POST",
      path: "/upload",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        route: "images",
        files: [{ name: `IMG_${i}.jpg`, size: sizeBytes, type: "image/jpeg" }],
      }),
    }),
    check: isSigned,
  }),
};
