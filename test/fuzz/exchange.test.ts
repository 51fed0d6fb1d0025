import { expect, test } from "vitest";
import { parseResponses } from "./exchange.ts";

test("responses to pipelined requests HEAD have no body, whatever their length says", () => {
  const response = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n";
  const parsed = parseResponses(Buffer.from(`${response}${response}${response}{"errors":[{}]}\r\n`));
  expect(parsed.map(({ status, body }) => [status, body.trim()])).toEqual([
    [400, ""],
    [400, ""],
    [400, '{"errors":[{}]}'],
  ]);
});
