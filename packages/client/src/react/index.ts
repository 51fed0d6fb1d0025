"use client";

export type { DownloadUrlState } from "./cached-url.ts";
export type { FolderPlace, FolderState } from "./folder-contents.ts";
export { useValetKey, ValetKeyProvider, type ValetKeyProviderProps } from "./provider.ts";
export type { Upload } from "./queued-upload.ts";
export type { UploadList } from "./upload-queue.ts";
export { type UseDownloadUrlResult, useDownloadUrl } from "./use-download-url.ts";
export { type UseObjectsResult, useObjects } from "./use-objects.ts";
export { type UseUploadOptions, type UseUploadResult, useUpload } from "./use-upload.ts";
