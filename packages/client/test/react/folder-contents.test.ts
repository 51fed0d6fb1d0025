import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ValetKeyError } from "../../src/index.ts";
import { FolderContents } from "../../src/react/folder-contents.ts";
import { createControlledClient, storedAt } from "./controlled-client.ts";

const ignore = () => {};
const settle = () => sleep(0);

function startFolder() {
  const { client, folderCalls, change } = createControlledClient();
  const contents = new FolderContents(client, { bucket: "demo", prefix: "photos/" });
  const keys = () => contents.getSnapshot().objects.map(({ key }) => key);
  const answer = async (call: number, key: string, next?: string) => {
    const objects = [storedAt({ bucket: "demo", key })];
    const folders = ["photos/2026/"];
    folderCalls[call]?.resolve({ objects, folders, endCursor: next, hasNextPage: next !== undefined });
    await settle();
  };
  return { contents, folderCalls, change, keys, answer };
}

describe("the contents of a folder", () => {
  test("are loaded once, page by page", async () => {
    const { contents, folderCalls, keys, answer } = startFolder();
    contents.subscribe(ignore)();
    contents.subscribe(ignore);
    expect(contents.getSnapshot()).toMatchObject({ loading: true, objects: [] });
    await answer(0, "photos/a", "1");
    expect(contents.getSnapshot()).toMatchObject({ loading: false, hasNextPage: true });
    contents.loadMore();
    contents.loadMore();
    await answer(1, "photos/b");
    expect(keys()).toEqual(["photos/a", "photos/b"]);
    expect(contents.getSnapshot()).toMatchObject({ folders: ["photos/2026/"], hasNextPage: false });
    expect(folderCalls.map(({ after }) => after)).toEqual([undefined, "1"]);
  });

  test("are those of the last refresh, whatever arrives later", async () => {
    const { contents, keys, answer } = startFolder();
    contents.subscribe(ignore);
    contents.refresh();
    await answer(1, "photos/new");
    await answer(0, "photos/old");
    expect(keys()).toEqual(["photos/new"]);
  });

  test("keep what was loaded when a page fails, which can be loaded again", async () => {
    const { contents, folderCalls, keys, answer } = startFolder();
    contents.subscribe(ignore);
    await answer(0, "photos/a", "1");
    contents.loadMore();
    const error = new ValetKeyError("Busy.", { code: "OVERLOADED", retryable: true });
    folderCalls[1]?.reject(error);
    await settle();
    expect(contents.getSnapshot()).toMatchObject({ error, loading: false, hasNextPage: true });
    contents.loadMore();
    await answer(2, "photos/b");
    expect(keys()).toEqual(["photos/a", "photos/b"]);
    expect(contents.getSnapshot().error).toBeUndefined();
  });

  test("are loaded again as far as they were, after a change in the folder", async () => {
    const { change, contents, folderCalls, keys, answer } = startFolder();
    contents.subscribe(ignore);
    await answer(0, "photos/a", "1");
    contents.loadMore();
    await answer(1, "photos/b", "2");
    for (const changed of ["elsewhere", "photos/0", "photos/1"]) await change(changed);
    await expect.poll(() => folderCalls.length).toBe(3);
    await answer(2, "photos/0", "1");
    await answer(3, "photos/a", "2");
    expect(keys()).toEqual(["photos/0", "photos/a"]);
    expect(folderCalls.slice(2).map(({ after }) => after)).toEqual([undefined, "1"]);
  });

  test("are loaded again although changes never pause for long", async () => {
    const { change, contents, folderCalls, answer } = startFolder();
    contents.subscribe(ignore);
    await answer(0, "photos/a");
    const often = setInterval(() => void change("photos/more"), 20);
    try {
      await expect.poll(() => folderCalls.length).toBeGreaterThan(1);
    } finally {
      clearInterval(often);
    }
  });

  test.each(["", "photos/", "photos/2026/"])(
    "are loaded again after the removal of the folder '%s'",
    async (removed) => {
      const { change, contents, folderCalls, answer } = startFolder();
      contents.subscribe(ignore);
      await answer(0, "photos/a");
      await change(removed);
      await expect.poll(() => folderCalls.length).toBe(2);
    },
  );

  test("are loaded again by the next component if the last one was gone before the refresh", async () => {
    const { change, contents, folderCalls, answer } = startFolder();
    const unsubscribe = contents.subscribe(ignore);
    await answer(0, "photos/a");
    await change("photos/b");
    unsubscribe();
    contents.subscribe(ignore);
    expect(folderCalls).toHaveLength(2);
  });
});
