export {
  type EmbeddedStore,
  type EmbeddedStoreOptions,
  type RequestEntry,
  type StoreRole,
  StoreStartError,
  startEmbeddedStore,
} from "./embedded-store.ts";
