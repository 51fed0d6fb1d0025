import { toValetKeyError, type ValetKeyError } from "../core/errors.ts";
import type { FolderPage, ObjectChange, ObjectEntry, ValetKey } from "../index.ts";
import { Store } from "./store.ts";

export interface FolderState {
  readonly objects: readonly ObjectEntry[];
  readonly folders: readonly string[];
  readonly error: ValetKeyError | undefined;
  readonly loading: boolean;
  readonly hasNextPage: boolean;
}

export const loadingFolder: FolderState = {
  objects: [],
  folders: [],
  error: undefined,
  loading: true,
  hasNextPage: false,
};

export interface FolderPlace {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly region?: string | undefined;
}

/** Changes at about the same time cause one refresh. */
const refreshDelayMs = 300;

/** The objects and folders directly below a prefix, as far as they have been loaded. */
export class FolderContents {
  readonly #client: ValetKey;
  readonly #place: FolderPlace;
  readonly #state: Store<FolderState> = new Store(loadingFolder);
  #pages: readonly FolderPage[] = [];
  /** The load that counts. Responses of earlier ones are dropped. */
  #load: symbol | undefined;
  #isStarted = false;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: ValetKey, place: FolderPlace) {
    this.#client = client;
    this.#place = place;
  }

  readonly getSnapshot = (): FolderState => this.#state.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#state.listen(listener);
    const stopWatching = this.#client.onChange((change) => this.#onChange(change));
    if (!this.#isStarted) this.refresh();
    return () => {
      remove();
      stopWatching();
      if (this.#refreshTimer === undefined || this.#state.hasListeners) return;
      clearTimeout(this.#refreshTimer);
      this.#refreshTimer = undefined;
      // Whoever subscribes next loads it.
      this.#isStarted = false;
    };
  };

  /** Loads all pages again that have been loaded so far. What is there stays until the new pages have arrived. */
  readonly refresh = (): void => {
    this.#isStarted = true;
    void this.#run(async () => {
      const pages = [await this.#fetch(undefined)];
      while (pages.length < this.#pages.length && pages.at(-1)?.hasNextPage) {
        pages.push(await this.#fetch(pages.at(-1)?.endCursor));
      }
      return pages;
    });
  };

  /** Has no effect while something is being loaded. */
  readonly loadMore = (): void => {
    const last = this.#pages.at(-1);
    if (this.#state.value.loading || !last?.hasNextPage) return;
    void this.#run(async () => [...this.#pages, await this.#fetch(last.endCursor)]);
  };

  async #run(load: () => Promise<readonly FolderPage[]>): Promise<void> {
    const own = Symbol("load");
    this.#load = own;
    this.#state.set({ ...this.#state.value, error: undefined, loading: true });
    try {
      const pages = await load();
      if (this.#load !== own) return;
      this.#pages = pages;
      this.#state.set({
        // A folder whose objects are on two pages is on both.
        folders: [...new Set(pages.flatMap(({ folders }) => folders))],
        objects: pages.flatMap(({ objects }) => objects),
        error: undefined,
        loading: false,
        hasNextPage: pages.at(-1)?.hasNextPage ?? false,
      });
    } catch (thrown) {
      if (this.#load !== own) return;
      this.#state.set({ ...this.#state.value, error: toValetKeyError(thrown), loading: false });
    }
  }

  #fetch(after: string | undefined): Promise<FolderPage> {
    return this.#client.folder({ ...this.#place, ...(after === undefined ? {} : { after }) });
  }

  /** A folder can appear above a change, and what was removed with a folder is below it. */
  #onChange({ bucket, prefix: changed }: ObjectChange): void {
    const { prefix = "" } = this.#place;
    if (bucket !== this.#place.bucket || !(changed.startsWith(prefix) || prefix.startsWith(changed))) return;
    this.#refreshTimer ??= setTimeout(() => {
      this.#refreshTimer = undefined;
      this.refresh();
    }, refreshDelayMs);
  }
}
