export {
  anyoneMayDoAnything,
  bucket,
  otherBucket,
  startTestServer as startEmbeddedServer,
  type TestServer as EmbeddedServer,
  versionedBucket,
} from "./test-server.ts";
