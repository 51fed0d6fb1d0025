import { createRequire } from "node:module";
import { Endpoints } from "../../build/bench/endpoints.js";
import { Presigner } from "../../build/bench/presigner.js";
import { interleave } from "../rounds.mjs";
import { bareSigner } from "./bare-signature.mjs";
import { names } from "./in-process-names.mjs";

// The SDK that Valet Key itself is installed with.
const require = createRequire(new URL("../../package.json", import.meta.url));
const { GetObjectCommand, S3Client } = require("@aws-sdk/client-s3");
const { getSignedUrl, S3RequestPresigner } = require("@aws-sdk/s3-request-presigner");

const [rounds, seconds] = process.argv.slice(2).map(Number);
const [region, bucket] = ["us-east-1", "photos-of-the-bench"];
const origin = "https://s3.us-east-1.amazonaws.com";
const now = new Date();
const date = now.toISOString().replace(/[-:]|\.\d+/g, "");
// As long as AWS's own.
const credentials = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "IQoJb3JpZ2luX2VjEXAMPLE/token+".repeat(24),
};

const keyOf = (i) => `photos/2024/06/IMG_${100_000 + (i % 900_000)}.jpg`;

const presigner = new Presigner({ endpoints: new Endpoints({ forcePathStyle: true }) });
const presign = (i) =>
  presigner.presign({
    method: "GET",
    address: { bucket, key: keyOf(i), region, versionId: undefined },
    credentials,
    signedAt: now,
    expiresInSeconds: 2400,
  });

const sign = bareSigner({ origin, bucket, region, credentials, date });
const s3 = new S3Client({ region, credentials, forcePathStyle: true });
const sdkPresigner = new S3RequestPresigner(s3.config);

const contenders = {
  [names.arithmetic]: synchronous((i) => sign(keyOf(i))),
  [names.presigner]: synchronous(presign),
  [names.sdkPresigner]: asynchronous((i) =>
    sdkPresigner.presign(
      {
        ...{
          method: "GET",
          protocol: "https:",
          hostname: "s3.us-east-1.amazonaws.com",
          headers: { host: "s3.us-east-1.amazonaws.com" },
        },
        path: `/${bucket}/${keyOf(i)}`,
        query: {},
      },
      { expiresIn: 2400 },
    ),
  ),
  [names.getSignedUrl]: asynchronous((i) =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: keyOf(i) }), { expiresIn: 2400 }),
  ),
};

const expected = sign(keyOf(1));
if (presign(1) !== expected)
  throw new Error(`The presigner and the arithmetic differ:\n${presign(1)}\n${expected}`);

for (const warmUp of Object.values(contenders)) await warmUp();
process.stdout.write(JSON.stringify(await interleave(rounds, contenders, () => {})));

/** Microseconds a call, over calls that go on for `seconds`. The clock is read once a hundred. */
function synchronous(call) {
  return async () => {
    const startedAt = performance.now();
    let calls = 0;
    do {
      for (let end = calls + 100; calls < end; calls++) call(calls);
    } while (performance.now() - startedAt < seconds * 1000);
    return ((performance.now() - startedAt) * 1000) / calls;
  };
}

function asynchronous(call) {
  return async () => {
    const startedAt = performance.now();
    let calls = 0;
    do {
      for (let end = calls + 100; calls < end; calls++) await call(calls);
    } while (performance.now() - startedAt < seconds * 1000);
    return ((performance.now() - startedAt) * 1000) / calls;
  };
}
