import { networkVariables } from "./network-variables.ts";
import { operationVariables } from "./operation-variables.ts";
import { storeVariables } from "./store-variables.ts";
import { tokenVariables } from "./token-variables.ts";
import { uploadVariables } from "./upload-variables.ts";

/** Every variable that the server reads. `npm run docs` writes the table of docs/configuration.md from it. */
export const variables = {
  ...networkVariables,
  ...storeVariables,
  ...tokenVariables,
  ...uploadVariables,
  ...operationVariables,
};

/** Their values never appear in a message. */
export const secretVariables: ReadonlySet<string> = new Set([
  "VALETKEY_SECRET",
  "VALETKEY_EXTERNAL_ID",
  "VALETKEY_REDIS_URL",
]);
