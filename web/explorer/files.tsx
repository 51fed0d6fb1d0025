import type { GraphiQLPlugin } from "@graphiql/react";
import { type ChangeEvent, useState, useSyncExternalStore } from "react";

export interface AttachedFile {
  /** Where the file belongs among the variables, such as `file` or `files.0`. */
  readonly path: string;
  readonly file: File;
}

/** The files that are attached to variables. They are sent with every operation that declares the variable. */
export class Files {
  #attached: readonly AttachedFile[] = [];
  readonly #listeners = new Set<() => void>();

  readonly attached = (): readonly AttachedFile[] => this.#attached;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  attach(added: AttachedFile): void {
    this.#set([...this.#attached.filter(({ path }) => path !== added.path), added]);
  }

  remove(removed: string): void {
    this.#set(this.#attached.filter(({ path }) => path !== removed));
  }

  #set(attached: readonly AttachedFile[]): void {
    this.#attached = attached;
    for (const listener of this.#listeners) listener();
  }
}

export function filesPlugin(files: Files): GraphiQLPlugin {
  return { title: "Files", icon: FilesIcon, content: () => <FilesPanel files={files} /> };
}

function FilesIcon() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5">
      <title>Files</title>
      <path d="M14 3H6v18h12V7z M14 3v4h4 M12 17v-6 M9.5 13.5 12 11l2.5 2.5" />
    </svg>
  );
}

function FilesPanel({ files }: { files: Files }) {
  const attached = useSyncExternalStore(files.subscribe, files.attached);
  const [path, setPath] = useState("file");

  function attach({ target }: ChangeEvent<HTMLInputElement>) {
    const [file] = target.files ?? [];
    if (file !== undefined && path.trim() !== "") files.attach({ path: path.trim(), file });
    target.value = "";
  }

  return (
    <section className="explorer-files">
      <header className="graphiql-doc-explorer-title">Files</header>
      <p>
        A file takes the place of a variable. Declare it in the operation, such as <code>$file: Upload!</code>
        , and leave it out of the variables.
      </p>
      <label htmlFor="file-path">Variable, such as file or files.0</label>
      <input id="file-path" type="text" value={path} onChange={(event) => setPath(event.target.value)} />
      <label htmlFor="file-input">File</label>
      <input id="file-input" type="file" onChange={attach} />
      <ul aria-label="Attached files">
        {attached.map((each) => (
          <li key={each.path}>
            <span>
              <code>{each.path}</code>: {each.file.name} ({each.file.size.toLocaleString("en")} bytes)
            </span>
            <button type="button" className="graphiql-button" onClick={() => files.remove(each.path)}>
              Remove
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
