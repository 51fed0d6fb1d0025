// The page of test/browser/client-uppy.test.ts: Uppy's Dashboard as an application would set it up.
import Uppy from "@uppy/core";
import Dashboard from "@uppy/dashboard";
import GoldenRetriever from "@uppy/golden-retriever";
import { createValetKey } from "@valetkey/client";
import ValetKeyUppy from "@valetkey/client/uppy";

const parameters = new URLSearchParams(location.search);
const client = createValetKey({ url: parameters.get("server") ?? "" });

const uppy = new Uppy({ id: "page" })
  .use(Dashboard, { inline: true, target: "body", width: 750, height: 550, disableThumbnailGenerator: true })
  // It does not keep files of more than 10 MiB: they have to be chosen again.
  .use(GoldenRetriever)
  .use(ValetKeyUppy, {
    client,
    limit: 2,
    destination: ({ name }) => {
      if (name === "unnamed") throw new TypeError("This file has no place.");
      return { bucket: name.startsWith("forbidden") ? "demo-other" : "demo", key: `uppy/${name}` };
    },
  });

interface Observed {
  uppy: Uppy;
  /** Events of files, in order, each with the name of its file. */
  events: string[];
  /** The response of each file that was uploaded. */
  responses: unknown[];
  progress: [bytesUploaded: number, bytesTotal: number | null][];
}
const observed = globalThis as unknown as Observed;
observed.uppy = uppy as unknown as Uppy;
observed.events = [];
observed.responses = [];
observed.progress = [];
uppy.on("upload-start", (files) => observed.events.push(...files.map(({ name }) => `start ${name}`)));
uppy.on("upload-progress", (_file, { bytesUploaded, bytesTotal }) =>
  observed.progress.push([bytesUploaded, bytesTotal]),
);
uppy.on("upload-success", (file, response) => {
  observed.events.push(`success ${file?.name}`);
  observed.responses.push(response);
});
uppy.on("upload-error", (file, error) => observed.events.push(`error ${file?.name} ${error.message}`));
uppy.on("complete", () => observed.events.push("complete"));
