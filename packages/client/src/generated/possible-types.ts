/** The object types of each union of the schema: `new InMemoryCache({ possibleTypes })`. */
export const possibleTypes: { [unionName: string]: string[] } = {
  "UploadRequest": [
    "MultipartUpload",
    "PostUpload",
    "PutUpload"
  ]
};
