import { describe, expect, test } from "vitest";
import { parseRedisUrl } from "../../../src/redis/redis-url.ts";

describe("parseRedisUrl", () => {
  test.each([
    ["redis://localhost", { kind: "server", tls: false, hosts: [{ host: "localhost", port: 6379 }] }],
    ["redis://10.0.0.1:7000/3", { database: 3, hosts: [{ host: "10.0.0.1", port: 7000 }] }],
    ["redis://[::1]:7000", { hosts: [{ host: "::1", port: 7000 }] }],
    ["redis://:p%40ss@h", { username: undefined, password: "p@ss" }],
    ["rediss://valetkey:a:b@h", { tls: true, username: "valetkey", password: "a:b" }],
    ["rediss://h?ca=/etc/ca.pem", { tls: true, caFile: "/etc/ca.pem" }],
    [
      "redis+sentinel://u:p@h1,h2:26380/1?master=main&sentinelUsername=s&sentinelPassword=q%2B",
      {
        kind: "sentinel",
        master: "main",
        database: 1,
        hosts: [
          { host: "h1", port: 26_379 },
          { host: "h2", port: 26_380 },
        ],
        sentinelUsername: "s",
        sentinelPassword: "q+",
      },
    ],
    [
      "rediss+cluster://h1:7000,h2",
      {
        kind: "cluster",
        tls: true,
        hosts: [
          { host: "h1", port: 7000 },
          { host: "h2", port: 6379 },
        ],
      },
    ],
  ])("parses %s", (text, expected) => {
    expect(parseRedisUrl(text)).toMatchObject(expected);
  });

  test.each([
    "",
    "localhost",
    "http://localhost",
    "redis:/localhost",
    "redis://",
    "redis://h1,h2",
    "redis://h:0",
    "redis://h:70000",
    "redis://h/one",
    "redis://h/1/2",
    "redis://%zz:p@h",
    "redis://u:%zz@h",
    "redis://h?ca=/etc/ca.pem",
    "redis://h?unknown=1",
    "rediss://h?ca=a&ca=b",
    "redis+sentinel://h1,h2",
    "redis+sentinel://h1,,h2?master=m",
    "redis+cluster://h1,h2/1",
    "redis+other://h1",
  ])("refuses %s", (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });
});
