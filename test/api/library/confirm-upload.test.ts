import { expect, test } from "vitest";
import type { StoredEvent } from "../../../src/index.ts";
import { startLibrary } from "../../support/library.ts";
import { sendPut } from "../../support/presigned-requests.ts";

test("confirmUpload of the library checks a file that was sent with a PUT request, and calls the hook", async () => {
  const events: StoredEvent[] = [];
  await using library = await startLibrary({ onObjectStored: (event) => void events.push(event) });
  const session = library.valetKey.for({ authenticated: true, subject: "alice" });
  const upload = await session.requestUpload({ bucket: "demo", key: "a.txt" }, { size: 5 });
  if (upload.method !== "PUT") throw new Error(`The upload is ${upload.method}.`);
  await expect(session.confirmUpload(upload.receipt)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
  expect((await sendPut(upload, Buffer.from("hello"))).status).toBe(200);
  expect(await session.confirmUpload(upload.receipt)).toMatchObject({ key: "a.txt", size: 5 });
  expect(events).toMatchObject([{ key: "a.txt", size: 5, by: "confirmUpload" }]);
  await expect(session.confirmUpload("no receipt")).rejects.toMatchObject({
    code: "BAD_USER_INPUT",
    field: "receipt",
  });
});
