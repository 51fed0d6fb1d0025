export {
  type EmbeddedRole,
  type EmbeddedS3,
  type EmbeddedS3Options,
  type RequestEntry,
  StoreStartError,
  startEmbeddedS3,
} from "./embedded-s3.ts";
