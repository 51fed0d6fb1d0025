export { ConfigError } from "./app/config/config-error.ts";
export { optionsFromEnvironment } from "./app/config/options-from-environment.ts";
export { createValetKey } from "./app/create-valet-key.ts";
export { type ErrorCode, ValetKeyError, type ValetKeyErrorOptions } from "./core/errors.ts";
export type {
  AccessBucket,
  AccessCdn,
  AccessRule,
  AccessRules,
  ByteSize,
  ValetKeyOptions,
  ValetKeySettings,
} from "./library/options.ts";
export type {
  Action,
  Checksum,
  DownloadUrl,
  DownloadUrlOptions,
  Grant,
  ListOptions,
  MultipartUpload,
  NameAndValue,
  ObjectPage,
  ObjectRef,
  PartsRequest,
  PostUpload,
  Principal,
  PutUpload,
  StoredEvent,
  StoredObject,
  UploadCompletion,
  UploadedPart,
  UploadInput,
  UploadOptions,
  UploadPart,
} from "./library/types.ts";
export type { Log, RequestOptions, Resolvers, ValetKey, ValetKeySession } from "./library/valet-key.ts";
