import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import express from "express";

// What Valet Key grew from: for each request a role session, two HEADs, and new clients for all of it. That
// the clients are closed again is a courtesy: left open, they would run out of sockets within a round.
const app = express();
app.get("/healthz", (_request, response) => response.send("ok"));
app.get("/item", async (request, response) => {
  const { bucket: Bucket, key: Key } = request.query;
  const sts = new STSClient({});
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: process.env.BENCH_ROLE_ARN, RoleSessionName: "seed" }),
  );
  const credentials = {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
  const s3 = new S3Client({ credentials, forcePathStyle: true });
  await s3.send(new HeadBucketCommand({ Bucket }));
  await s3.send(new HeadObjectCommand({ Bucket, Key }));
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), { expiresIn: 2400 });
  sts.destroy();
  s3.destroy();
  response.json({ url });
});
app.listen(Number(process.env.PORT), "127.0.0.1");
