import { tmpdir } from "node:os";
import * as companion from "@uppy/companion";
import express from "express";
import session from "express-session";

// As its documentation has it: https://uppy.io/docs/companion/. Metrics and logs are left at their defaults;
// sessions are not kept, since no request here needs one.
const secret = "known to everybody who reads the bench";
const origin = `127.0.0.1:${process.env.PORT}`;

const app = express();
app.get("/healthz", (_request, response) => response.send("ok"));
app.use(session({ secret, resave: false, saveUninitialized: false }));
app.use(
  companion.app({
    secret,
    server: { host: origin, protocol: "http" },
    filePath: tmpdir(),
    corsOrigins: true,
    uploadUrls: ["http://127.0.0.1"],
    s3: {
      key: process.env.AWS_ACCESS_KEY_ID,
      secret: process.env.AWS_SECRET_ACCESS_KEY,
      region: process.env.AWS_REGION,
      bucket: process.env.BENCH_BUCKET,
      endpoint: process.env.AWS_ENDPOINT_URL_S3,
      forcePathStyle: true,
      expires: 2400,
    },
  }).app,
);
app.listen(Number(process.env.PORT), "127.0.0.1");
