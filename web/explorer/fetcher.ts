import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import type { AttachedFile, Files } from "./files.tsx";
import { toForm } from "./form.ts";

/** Sends operations to the endpoint: as a GraphQL multipart request if a file is attached to one of its variables. */
export function createFetcher(endpoint: string, files: Files): Fetcher {
  return async (operation, options) => {
    const attached = files.attached().filter(({ path }) => declares(operation, path));
    const headers = { accept: "application/json", "apollo-require-preflight": "true", ...options?.headers };
    const request =
      attached.length === 0 ? asJson(operation) : { body: toForm(operation, attached), headers: {} };
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { ...headers, ...request.headers },
      body: request.body,
    });
    return response.json();
  };
}

function asJson(operation: FetcherParams) {
  return { body: JSON.stringify(operation), headers: { "content-type": "application/json" } };
}

/** Whether the operation declares the variable of this path. */
function declares({ query }: FetcherParams, path: AttachedFile["path"]): boolean {
  const [variable = ""] = path.split(".");
  return /^\w+$/.test(variable) && new RegExp(`\\$${variable}\\s*:`).test(query);
}
