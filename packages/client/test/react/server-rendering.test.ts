import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { createValetKey } from "../../src/index.ts";
import {
  useDownloadUrl,
  useObjects,
  useUpload,
  useValetKey,
  ValetKeyProvider,
} from "../../src/react/index.ts";

function Page() {
  const { uploads, progress } = useUpload({ name: "page" });
  const picture = useDownloadUrl({ bucket: "demo", key: "a.png" }, { expiresIn: 60 });
  const nothing = useDownloadUrl(undefined);
  const { objects, loadMore, loading } = useObjects({ bucket: "demo" });
  const shown = {
    uploads,
    progress,
    picture,
    nothing,
    list: { objects, more: loadMore !== undefined, loading },
  };
  return createElement("pre", {}, JSON.stringify(shown));
}

test("on a server, the hooks render as loading and request nothing", () => {
  const requests: unknown[] = [];
  const fetch = (...request: unknown[]) => {
    requests.push(request);
    return Promise.reject(new Error("There should be no request."));
  };
  const client = createValetKey({ url: "http://127.0.0.1:1/graphql", fetch });
  const html = renderToString(createElement(ValetKeyProvider, { client }, createElement(Page)));
  const shown = JSON.parse(html.replace(/^<pre>|<\/pre>$/g, "").replaceAll("&quot;", '"'));
  expect(shown).toEqual({
    uploads: [],
    progress: { bytes: 0, total: 0, bytesPerSecond: 0 },
    picture: { loading: true },
    nothing: { loading: false },
    list: { objects: [], more: false, loading: true },
  });
  expect(requests).toEqual([]);
});

test("without a provider, a hook says what is missing", () => {
  const Lost = () => createElement("p", {}, String(useValetKey()));
  expect(() => renderToString(createElement(Lost))).toThrow(
    "There is no ValetKeyProvider above this component.",
  );
});
