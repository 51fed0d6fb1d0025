import type { ObjectRef, ValetKey } from "@valetkey/client";
import { nameOf } from "../format/names.ts";

/** Lets the browser download one file from the store. */
export async function saveFile(client: ValetKey, object: ObjectRef): Promise<void> {
  const { url } = await client.downloadUrl(object, {
    disposition: "ATTACHMENT",
    filename: nameOf(object.key),
  });
  saveUrl(url, nameOf(object.key));
}

export function saveUrl(url: string, filename: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.rel = "noreferrer";
  link.click();
}
