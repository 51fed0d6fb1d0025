export { possibleTypes } from "../generated/possible-types.ts";
export { typePolicies } from "./type-policies.ts";
export { createUploadLink, type UploadLinkOptions } from "./upload-link.ts";
export type { UploadProgress } from "./upload-request.ts";
