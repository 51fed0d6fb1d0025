import { createValetKey, type ValetKey, type ValetKeyOptions } from "../../src/index.ts";
import { changeAwsEnvironment } from "./environment.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";
import { startTestStore } from "./test-store.ts";

export interface TestLibrary extends Closable {
  readonly valetKey: ValetKey;
}

/** Starts Valet Key without an HTTP server, on an embedded store of its own. */
export function startLibrary(options: ValetKeyOptions = {}): Promise<TestLibrary> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("library"));
    const valetKey = await createValetKey({ dataDir: folder.path, logLevel: "silent", ...options });
    started.defer(() => valetKey.close());
    return { valetKey };
  });
}

/** The same with a role, at a store whose operations are recorded. */
export function startLibraryWithRole(
  options: ValetKeyOptions,
): Promise<TestLibrary & { readonly operations: string[] }> {
  return startTogether(async (started) => {
    const operations: string[] = [];
    const onRequest = ({ operation }: { readonly operation: string }) => operations.push(operation);
    const { description } = await started.use(startTestStore({ onRequest }));
    const { endpoint, region, roleArn, baseCredentials } = description;
    await started.use(
      changeAwsEnvironment({
        AWS_ACCESS_KEY_ID: baseCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: baseCredentials.secretAccessKey,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ENDPOINT_URL_STS: endpoint,
      }),
    );
    const secret = "a secret of the tests that is longer than 32 bytes";
    const settings = { roleArn, awsRegion: region, forcePathStyle: true, secret };
    const valetKey = await createValetKey({ logLevel: "silent", ...settings, ...options });
    started.defer(() => valetKey.close());
    operations.length = 0;
    return { valetKey, operations };
  });
}
