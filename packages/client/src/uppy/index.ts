export type { FileDestination, StoredFile, ValetKeyUppyOptions } from "./options.ts";
export { ValetKeyUppy, ValetKeyUppy as default } from "./valet-key-uppy.ts";
