import { createServer } from "node:http";
import { bareSigner } from "../rows/bare-signature.mjs";

// The least that a server does for one signed URL: node:http without a framework, JSON, and the arithmetic of the
// signature with a derived key that is kept. It checks nothing, and its credentials do not change.
const { BENCH_BUCKET: bucket, PORT } = process.env;
const now = new Date();
const sign = bareSigner({
  origin: "http://127.0.0.1:9000",
  bucket,
  region: "us-east-1",
  // As long as those of a role session.
  credentials: {
    accessKeyId: "ASIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    sessionToken: "IQoJb3JpZ2luX2VjEXAMPLE/token+".repeat(24),
  },
  date: now.toISOString().replace(/[-:]|\.\d+/g, ""),
});
const expiresAt = new Date(now.getTime() + 2_400_000).toISOString();

createServer((request, response) => {
  if (request.method === "GET") {
    response.end("ok");
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const { variables } = JSON.parse(body);
    const text = JSON.stringify({ data: { downloadUrl: { url: sign(variables.key), expiresAt } } });
    response.setHeader("content-type", "application/json; charset=utf-8");
    response.setHeader("content-length", Buffer.byteLength(text));
    response.end(text);
  });
}).listen(Number(PORT), "127.0.0.1");
