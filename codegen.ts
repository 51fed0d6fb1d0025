import type { CodegenConfig } from "@graphql-codegen/cli";

/** Typed documents for the operations of examples/web, from the schema in this repository. */
const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: ["examples/web/*.ts"],
  importExtension: ".ts",
  generates: {
    "examples/web/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: {
          DateTimeISO: "string",
          SafeInt: "number",
          Upload: "Blob",
        },
      },
    },
  },
};

export default config;
