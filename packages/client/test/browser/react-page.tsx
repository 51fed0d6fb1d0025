// The page of test/browser/client-react.test.ts. The query of its address says what it shows and which server it uses.
import { createValetKey } from "@valetkey/client";
import { useDownloadUrl, useObjects, useUpload, ValetKeyProvider } from "@valetkey/client/react";
import { type ReactNode, StrictMode, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";

const bucket = "demo";
const parameters = new URLSearchParams(location.search);
const parameter = (name: string) => parameters.get(name) ?? "";

function Uploads() {
  const { upload, uploads, progress, clear } = useUpload({ concurrency: 2 });
  const running = uploads.filter(({ state }) => state === "running").length;
  return (
    <section>
      <input
        type="file"
        multiple
        onChange={({ target }) =>
          upload(target.files ?? [], (file) => {
            const { name } = file;
            return { bucket: name.startsWith("forbidden") ? "demo-other" : bucket, key: `uploads/${name}` };
          })
        }
      />
      <output id="total">{progress.bytes}</output>
      <output id="running">{running}</output>
      <button type="button" id="clear" onClick={clear}>
        Clear
      </button>
      {uploads.map(({ id, name, state, progress, error, object, pause, resume, abort, retry }) => (
        <p key={id} data-name={name}>
          <output className="state">{state}</output>
          <output className="bytes">{progress.bytes}</output>
          <output className="error">{error?.code}</output>
          <output className="stored">{object?.key}</output>
          <button type="button" className="pause" onClick={pause} />
          <button type="button" className="resume" onClick={resume} />
          <button type="button" className="abort" onClick={abort} />
          <button type="button" className="retry" onClick={retry} />
        </p>
      ))}
    </section>
  );
}

function Url({ name }: { name: string }) {
  const expiresIn = Number(parameter("expiresIn") || 600);
  const { url, error, loading } = useDownloadUrl(name === "" ? undefined : { bucket, key: name }, {
    expiresIn,
    verify: true,
  });
  return (
    <p className="url" data-name={name}>
      <output className="href">{url}</output>
      <output className="error">{error?.code}</output>
      <output className="loading">{String(loading)}</output>
    </p>
  );
}

function Urls() {
  const names = parameter("keys").split(",");
  return names.map((name, index) => <Url key={`${index}-${name}`} name={name} />);
}

function Objects() {
  const [prefix, setPrefix] = useState(parameter("prefix"));
  const { objects, folders, loadMore, refresh, error, loading } = useObjects({ bucket, prefix });
  return (
    <section id="objects" data-loading={loading} data-error={error?.code}>
      <input id="prefix" onChange={({ target }) => setPrefix(target.value)} />
      <output id="keys">{objects.map(({ key }) => key).join(",")}</output>
      <output id="folders">{folders.join(",")}</output>
      {loadMore && (
        <button type="button" id="more" onClick={loadMore}>
          More
        </button>
      )}
      <button type="button" id="refresh" onClick={refresh}>
        Refresh
      </button>
    </section>
  );
}

/** A list beside others of the same client. */
function Keys({ prefix }: { prefix: string }) {
  const { objects } = useObjects({ bucket, prefix });
  return <output data-prefix={prefix}>{objects.map(({ key }) => key).join(",")}</output>;
}

function Shown({ what }: { what: ReactNode }) {
  const [isShown, setIsShown] = useState(true);
  return (
    <>
      <button type="button" id="toggle" onClick={() => setIsShown(!isShown)}>
        Show or hide
      </button>
      {isShown && what}
    </>
  );
}

const views: Record<string, ReactNode> = {
  uploads: <Uploads />,
  "uploads-and-objects": [<Uploads key="uploads" />, <Objects key="objects" />],
  urls: <Urls />,
  objects: <Objects />,
  lists: ["left/", "left/", "right/"].map((prefix, index) => <Keys key={`${index}`} prefix={prefix} />),
};

const client = createValetKey({ url: parameter("server") });
Object.assign(window, { client });
const page = (
  <StrictMode>
    <ValetKeyProvider client={client}>
      <Shown what={views[parameter("view")]} />
    </ValetKeyProvider>
  </StrictMode>
);
const root = document.createElement("main");
document.body.append(root);
if (parameters.has("hydrate")) {
  root.innerHTML = renderToString(page);
  document.body.dataset.rendered = root.innerHTML;
  hydrateRoot(root, page, { onRecoverableError: (error) => console.error(error) });
} else {
  createRoot(root).render(page);
}
