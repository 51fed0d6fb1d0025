import { expect, test } from "vitest";
import { createValetKey } from "../../src/index.ts";

const url = "http://127.0.0.1:1/graphql";
const client = () => createValetKey({ url, token: () => new Promise<string>(() => {}) });
const destination = { bucket: "demo", key: "file" };

test("an upload whose token never arrives can be aborted", async () => {
  const task = client().upload(new Blob(["-"]), { ...destination, checksum: false });
  await new Promise((resolve) => setTimeout(resolve, 0));
  await task.abort();
  await expect(task.done).rejects.toMatchObject({ code: "ABORTED" });
  expect(task.state).toBe("aborted");
});

test("an upload whose token never arrives can be paused, and then aborted", async () => {
  const task = client().upload(new Blob(["-"]), { ...destination, checksum: false });
  await new Promise((resolve) => setTimeout(resolve, 0));
  await task.pause();
  expect(task.state).toBe("paused");
  await task.abort();
  await expect(task.done).rejects.toMatchObject({ code: "ABORTED" });
});
