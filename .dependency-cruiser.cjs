/** Who may import whom: downward only. docs/architecture.md says it in words. */
const words =
  "^src/(object-address|principal|errors|clock|metrics|byte-size|concurrency-limit|nearest-name)\\.ts$";

/** A layer's folder, and the only folders and files of src that it may import. */
const layer = (name, allowed) => ({
  name: `layer-${name}`,
  severity: "error",
  from: { path: `^src/${name}(/|\\.ts$)` },
  to: { path: "^src/", pathNot: [`^src/${name}(/|\\.ts$)`, ...allowed] },
});

/** A package that only some files may import. */
const onlyIn = (dependency, allowed) => ({
  name: `only-in-${dependency.replaceAll(/\W+/g, "-")}`,
  severity: "error",
  from: { path: "^src/", pathNot: allowed },
  to: { path: `node_modules/${dependency}(/|$)`, dependencyTypesNot: ["type-only"] },
});

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    layer("access", [words]),
    layer("storage", [words, "^src/access/role-session\\.ts$"]),
    layer("graphql", [words, "^src/(access|storage)/"]),
    layer("http", [words, "^src/graphql/", "^src/storage/streaming/(byte-limit|incoming-file)\\.ts$"]),
    layer("local", []),
    layer("config", [words, "^src/storage/streaming/streamed-part-sizes\\.ts$"]),
    layer("backend", [words, "^src/(config|store)\\.ts$", "^src/access/", "^src/storage/client/"]),
    layer("store", [words, "^src/config\\.ts$", "^src/local/", "^src/storage/client/endpoints\\.ts$"]),
    layer("cli", [words, "^src/(config|logged-error|sweep-bucket)\\.ts$"]),
    layer("sweep-bucket", [words, "^src/(backend|config)\\.ts$", "^src/access/", "^src/storage/"]),
    layer("main", ["^src/(app|config)\\.ts$"]),
    {
      name: "words-import-only-words",
      severity: "error",
      from: { path: words },
      to: { path: "^src/", pathNot: words },
    },
    {
      name: "the-embedded-store-is-reached-over-http",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/local/", "^src/store\\.ts$"] },
      to: { path: "^src/local/" },
    },
    {
      name: "only-in-node-http",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(http|local|storage/client)/"] },
      to: { path: "^(node:)?(http2?|https)$", dependencyTypes: ["core"] },
    },
    onlyIn("fastify", ["^src/http/", "^src/local/"]),
    onlyIn("graphql", ["^src/graphql/"]),
    onlyIn("type-graphql", ["^src/graphql/"]),
    onlyIn("@aws-sdk/client-sts", ["^src/access/"]),
    onlyIn("@aws-sdk/client-s3", ["^src/storage/"]),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
