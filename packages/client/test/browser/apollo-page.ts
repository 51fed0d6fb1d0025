import { ApolloClient, InMemoryCache } from "@apollo/client";
import { createUploadLink, possibleTypes, typePolicies } from "@valetkey/client/apollo";
import { UploadFileDocument } from "@valetkey/client/operations";

const url = new URLSearchParams(location.search).get("server") ?? "";
const client = new ApolloClient({
  link: createUploadLink({ url }),
  cache: new InMemoryCache({ typePolicies, possibleTypes }),
});

/** What the test reads. */
const state = {
  loaded: [] as number[],
  outcome: undefined as { size?: number | undefined; error?: string | undefined } | undefined,
  controller: new AbortController(),
  upload(key: string): void {
    const [file] = document.querySelector("input")?.files ?? [];
    if (file === undefined) throw new Error("No file was chosen.");
    client
      .mutate({
        mutation: UploadFileDocument,
        variables: { file, input: { bucket: "demo", key } },
        context: {
          fetchOptions: { signal: state.controller.signal },
          onProgress: ({ bytes }: { bytes: number }) => state.loaded.push(bytes),
        },
      })
      .then(
        ({ data }) => {
          state.outcome = { size: data?.uploadFile?.size };
        },
        (error: Error) => {
          state.outcome = { error: error.name };
        },
      );
  },
};
const input = document.createElement("input");
input.type = "file";
document.body.append(input);
Object.assign(globalThis, { state });
