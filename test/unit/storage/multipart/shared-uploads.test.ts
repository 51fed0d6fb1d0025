import { describe, expect, test } from "vitest";
import { parseDescription } from "../../../../src/storage/description/object-description.ts";
import { RecentCompletions } from "../../../../src/storage/multipart/recent-completions.ts";
import { RecentUploadTerms } from "../../../../src/storage/multipart/recent-upload-terms.ts";
import { planUpload } from "../../../../src/storage/multipart/upload-plan.ts";
import { ProcessMemory } from "../../../support/process-memory.ts";
import { objectAddress } from "../arbitraries.ts";

const upload = { ...objectAddress("a"), uploadId: "1" };
const etag = '"0123-2"';

describe("uploads that replicas share", () => {
  test("a completion is known at every replica, from the moment at which it begins", async () => {
    const memory = new ProcessMemory();
    const [one, two] = [new RecentCompletions(memory), new RecentCompletions(memory)];
    expect(await two.etagOf(upload)).toBeUndefined();
    const stored = { ...objectAddress("a"), versionId: "v", sizeBytes: 5, etag };
    await one.complete(upload, etag, async () => {
      expect(await two.etagOf(upload)).toBe(etag);
      expect(await two.storedAs(upload)).toBeUndefined();
      return stored;
    });
    await expect.poll(() => two.storedAs(upload)).toEqual(stored);
    expect(await two.etagOf({ ...upload, uploadId: "2" })).toBeUndefined();
  });

  test("the terms of an upload are known at every replica", async () => {
    const memory = new ProcessMemory();
    const [one, two] = [new RecentUploadTerms(memory), new RecentUploadTerms(memory)];
    const plan = planUpload(20_000_000);
    const terms = { plan, description: parseDescription({ contentType: "image/png" }) };
    const begun = { ...upload, ...plan, overwrite: true, contentType: "image/png", startedAt: new Date() };
    await one.remember(begun, terms);
    expect(two.find(upload)).toBeUndefined();
    await two.load([upload, { ...upload, uploadId: "2" }]);
    const { startedAt: _, sizeBytes, partBytes, ...rest } = begun;
    expect(two.find(upload)).toMatchObject({ ...upload, sizeBytes, partBytes, overwrite: rest.overwrite });
    expect(two.haveTerms(upload, terms)).toBe(true);
    expect(two.haveTerms(upload, { ...terms, description: parseDescription({}) })).toBe(false);
    expect(two.find({ ...upload, uploadId: "2" })).toBeUndefined();
  });
});
