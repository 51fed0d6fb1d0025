import type { CodegenConfig } from "@graphql-codegen/cli";
import { preset as clientPreset } from "@graphql-codegen/client-preset";

const config = {
  useTypeImports: true,
  enumsAsTypes: true,
  scalars: {
    DateTimeISO: "string",
    SafeInt: "number",
    Upload: "Blob",
  },
};

const preset = "client";
const presetConfig = { fragmentMasking: false };
/** Without `gql.ts`, which contains the text of each operation twice more, for a `graphql` tag that nothing uses. */
const documentsOnly: typeof clientPreset = {
  ...clientPreset,
  buildGeneratesSection: async (options) => {
    const files = await clientPreset.buildGeneratesSection(options);
    return files.filter(({ filename }) => filename.endsWith("/graphql.ts"));
  },
};
const clientOperations = "packages/client/operations/*.graphql";

const codegen: CodegenConfig = {
  schema: "schema.graphql",
  importExtension: ".ts",
  generates: {
    "examples/web/generated/": { documents: "examples/web/*.ts", preset, presetConfig, config },
    // The operations of @valetkey/client, as typed documents for other clients…
    "packages/client/src/generated/": {
      documents: clientOperations,
      preset: documentsOnly,
      presetConfig,
      config,
    },
    // …and as the strings that it sends itself.
    "packages/client/src/generated/strings.ts": {
      documents: clientOperations,
      plugins: ["./scripts/operation-strings.mjs"],
    },
    // …and as a manifest for servers that execute only known operations.
    "packages/client/persisted-operations.json": {
      documents: clientOperations,
      plugins: ["./scripts/persisted-operations.mjs"],
    },
    "packages/client/src/generated/possible-types.ts": { plugins: ["./scripts/possible-types.mjs"] },
  },
};

export default codegen;
