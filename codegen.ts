import type { CodegenConfig } from "@graphql-codegen/cli";

/** Generates typed documents for the operations in examples/web. */
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
