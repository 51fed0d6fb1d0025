import { describe, expect, test } from "vitest";
import { shareInFile } from "../support/share-in-file.ts";
import { bucket, startTestServer } from "../support/test-server.ts";

const server = await shareInFile(
  startTestServer({
    env: { VALETKEY_MAX_FILES: "4" },
    grants: [
      { who: "anonymous", bucket, prefix: "files/", allow: ["UPLOAD", "DOWNLOAD"] },
      {
        who: "anonymous",
        bucket,
        prefix: "images/",
        allow: ["UPLOAD"],
        contentTypes: ["image/*"],
        maxUploadBytes: 3,
      },
    ],
  }),
);
const { client } = server;

interface FormOptions {
  /** The keys of `inputs`. */
  readonly keys: readonly string[];
  readonly files: readonly Blob[];
  /** The positions in `files`, in the order in which the form sends them. */
  readonly order?: readonly number[];
}

/** Sends a form whose file i is `variables.files.i`. */
function uploadFiles({ keys, files, order = files.map((_, index) => index) }: FormOptions) {
  const form = new FormData();
  const query = `mutation ($files: [Upload!]!, $inputs: [UploadInput!]!) {
    uploadFiles(files: $files, inputs: $inputs) { key size }
  }`;
  const variables = { files: files.map(() => null), inputs: keys.map((key) => ({ bucket, key })) };
  form.set("operations", JSON.stringify({ query, variables }));
  form.set(
    "map",
    JSON.stringify(Object.fromEntries(order.map((index) => [index, [`variables.files.${index}`]]))),
  );
  for (const index of order) form.set(String(index), files[index] as Blob, `${index}.txt`);
  return client.post<{ uploadFiles: ({ key: string; size: number } | null)[] }>(form, {
    "apollo-require-preflight": "1",
  });
}

async function storedText(key: string): Promise<string | undefined> {
  const { data } = await client.request<{ object: { downloadUrl: { url: string } } | null }>(
    `{ object(bucket: "${bucket}", key: "${key}") { downloadUrl { url } } }`,
  );
  const url = data?.object?.downloadUrl.url;
  return url === undefined ? undefined : (await fetch(url)).text();
}

const textFile = (text: string) => new Blob([text], { type: "text/plain" });

describe("uploadFiles", () => {
  test("stores file i under the key of input i", async () => {
    const { data, errors } = await uploadFiles({
      keys: ["files/a", "files/b", "files/c"],
      files: ["1", "22", "333"].map(textFile),
    });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      uploadFiles: [
        { key: "files/a", size: 1 },
        { key: "files/b", size: 2 },
        { key: "files/c", size: 3 },
      ],
    });
    expect(await storedText("files/a")).toBe("1");
    expect(await storedText("files/b")).toBe("22");
    expect(await storedText("files/c")).toBe("333");
  });

  test("returns null and an error for each file that fails, and stores the others", async () => {
    const { data, errors } = await uploadFiles({
      keys: ["files/d", "other/e", "images/f", "files/g"],
      files: [
        textFile("first"),
        textFile("x".repeat(1_000_000)),
        new Blob(["too large"], { type: "image/png" }),
        textFile("last"),
      ],
    });
    expect(data).toEqual({
      uploadFiles: [{ key: "files/d", size: 5 }, null, null, { key: "files/g", size: 4 }],
    });
    expect(errors).toMatchObject([
      { path: ["uploadFiles", 1], extensions: { code: "FORBIDDEN" } },
      { path: ["uploadFiles", 2], extensions: { code: "UPLOAD_TOO_LARGE", field: "files.2" } },
    ]);
    expect(await storedText("files/d")).toBe("first");
    expect(await storedText("files/g")).toBe("last");
  });

  test("names the invalid argument by its place in the lists", async () => {
    const { errors } = await uploadFiles({ keys: ["files/h", ""], files: ["1", "2"].map(textFile) });
    expect(errors).toMatchObject([
      { path: ["uploadFiles", 1], extensions: { code: "BAD_USER_INPUT", field: "inputs.1.key" } },
    ]);
  });

  test.each([
    ["more files than inputs", { keys: ["files/i"], files: ["1", "2"].map(textFile) }],
    ["more inputs than files", { keys: ["files/i", "files/j"], files: [textFile("1")] }],
  ])("refuses %s before it stores anything", async (_what, form) => {
    const { data, errors } = await uploadFiles(form);
    expect(data ?? null).toBeNull();
    expect(errors).toMatchObject([
      { path: ["uploadFiles"], extensions: { code: "BAD_USER_INPUT", field: "inputs" } },
    ]);
    expect(await storedText("files/i")).toBeUndefined();
  });

  test("fails at once for a file that the form sends out of order, and stores the others", async () => {
    const { data, errors } = await uploadFiles({
      keys: ["files/k", "files/l"],
      files: ["1", "2"].map(textFile),
      order: [1, 0],
    });
    expect(data?.uploadFiles).toContainEqual({ key: "files/l", size: 1 });
    expect(errors).toMatchObject([
      { path: ["uploadFiles", 0], extensions: { code: "BAD_USER_INPUT", field: "files.0" } },
    ]);
    expect(await storedText("files/l")).toBe("2");
  });

  test("fails for a file that the form does not hold", async () => {
    const form = new FormData();
    const query = `mutation ($files: [Upload!]!) {
      uploadFiles(files: $files, inputs: [{ bucket: "${bucket}", key: "files/m" }]) { key }
    }`;
    form.set("operations", JSON.stringify({ query, variables: { files: [null] } }));
    form.set("map", JSON.stringify({ 0: ["variables.files.0"] }));
    const { data, errors } = await client.post(form, { "apollo-require-preflight": "1" });
    expect(data).toEqual({ uploadFiles: [null] });
    expect(errors).toMatchObject([
      { path: ["uploadFiles", 0], extensions: { code: "BAD_USER_INPUT", field: "files.0" } },
    ]);
  });

  test("accepts empty lists", async () => {
    const { data } = await client.request("mutation { uploadFiles(files: [], inputs: []) { key } }");
    expect(data).toEqual({ uploadFiles: [] });
  });
});
