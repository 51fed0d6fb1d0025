export { type GrantRule, startTestServer as startServer, type TestServer } from "./test-server.ts";
