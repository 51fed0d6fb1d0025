// The page of test/browser/uppy-credentials.test.ts: Uppy's own plugin for S3, as docs/guides/temporary-credentials.md sets it up.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { createValetKey } from "@valetkey/client";

const parameters = new URLSearchParams(location.search);
const files = createValetKey({ url: parameters.get("server") ?? "" });
const prefix = "users/alice/";

const uppy = new Uppy().use(AwsS3, {
  s3Endpoint: parameters.get("s3") ?? "",
  region: "us-east-1",
  generateObjectKey: (file: { name: string }) => `${prefix}${file.name}`,
  async getCredentials() {
    const { region, expiresAt, ...credentials } = await files.requestCredentials({
      bucket: "demo",
      prefix,
      actions: ["UPLOAD"],
    });
    return { region, credentials: { ...credentials, expiration: expiresAt.toISOString() } };
  },
});

/** Uploads a file of this many equal bytes. Returns the names of files that failed. */
async function upload(name: string, bytes: number): Promise<string[]> {
  uppy.addFile({ name, data: new Blob(["x".repeat(bytes)]) });
  const result = await uppy.upload();
  return (result?.failed ?? []).map((file) => `${file.name}: ${file.error}`);
}
Object.assign(globalThis, { upload });
