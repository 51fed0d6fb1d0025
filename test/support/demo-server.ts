export { startDemoServer as startDemo } from "./test-server.ts";
