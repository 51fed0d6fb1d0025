import { createServer } from "node:http";
import { route } from "@better-upload/server";
import { toNodeHandler } from "@better-upload/server/adapters/node";
import { custom } from "@better-upload/server/clients";

// As its documentation has it: https://better-upload.com/docs. On node:http itself, its fastest.
const upload = toNodeHandler({
  client: custom({
    host: new URL(process.env.AWS_ENDPOINT_URL_S3).host,
    secure: false,
    forcePathStyle: true,
    region: process.env.AWS_REGION,
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  }),
  bucketName: process.env.BENCH_BUCKET,
  routes: { images: route({ fileTypes: ["image/*"], maxFileSize: 2 ** 30, signedUrlExpiresIn: 2400 }) },
});

createServer((request, response) => {
  if (request.url === "/healthz") response.end("ok");
  else upload(request, response);
}).listen(Number(process.env.PORT), "127.0.0.1");
