/** Who may import whom: each floor only what is below it. docs/architecture.md says it in words. */

/** A rule for the files of one place: of `within`, they may import only that place and what `allowed` names. */
const floor = (path, within, allowed) => ({
  name: `floor: ${path}`,
  severity: "error",
  from: { path: `^${path}(/|$)` },
  to: { path: `^${within}`, pathNot: [`^${path}(/|$)`, ...allowed.map((each) => `^${each}(/|$)`)] },
});

/** Folders of one place, lowest first: each may import those before it. Files beside them may import every folder. */
const stack = (place, folders) =>
  folders.map((folder, index) =>
    floor(
      `${place}/${folder}`,
      `${place}/`,
      folders.slice(0, index).map((below) => `${place}/${below}`),
    ),
  );

/** A package that only some files may import. */
const onlyIn = (dependency, allowed) => ({
  name: `only-in-${dependency.replaceAll(/\W+/g, "-")}`,
  severity: "error",
  from: { path: "^src/", pathNot: allowed },
  to: { path: `node_modules/${dependency}(/|$)`, dependencyTypesNot: ["type-only"] },
});

/** A package that only one folder of the client package may import, so that other users need not install it. */
const onlyInClientFolder = (dependency, folder) => ({
  name: `only-in-client-${folder}-${dependency.replaceAll(/\W+/g, "-")}`,
  severity: "error",
  from: { path: "^packages/client/src/", pathNot: `^packages/client/src/${folder}/` },
  to: { path: `node_modules/${dependency}(/|$)` },
});

const client = "packages/client/src";

/** What all features of src/graphql share. */
const graphqlHelpers = ["src/graphql/(?!schema\\.)[\\w-]+\\.ts", "src/graphql/types"];

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    floor("src/core", "src/", []),
    floor("src/access", "src/", ["src/core"]),
    floor("src/redis", "src/", ["src/core"]),
    floor("src/storage", "src/", ["src/core", "src/access/role-session\\.ts"]),
    floor("src/graphql", "src/", ["src/core", "src/access", "src/storage"]),
    floor("src/http", "src/", ["src/core", "src/graphql"]),
    floor("src/library", "src/", ["src/core", "src/access", "src/storage", "src/graphql"]),
    floor("src/app", "src/", [
      "src/core",
      "src/access",
      "src/redis",
      "src/storage",
      "src/graphql",
      "src/library",
      "src/http",
    ]),
    floor("src/commands", "src/", [
      "src/core",
      "src/access",
      "src/redis",
      "src/storage",
      "src/graphql",
      "src/app",
    ]),
    // Helpers that every feature uses, then the features. A feature may return the types of those before it.
    floor("src/graphql/types", "src/graphql/", []),
    floor("src/graphql/(?!schema\\.)[\\w-]+\\.ts", "src/graphql/", ["src/graphql/types"]),
    ...["credentials", "download", "viewer", "operation"].map((feature) =>
      floor(`src/graphql/${feature}`, "src/graphql/", graphqlHelpers),
    ),
    floor("src/graphql/object", "src/graphql/", [...graphqlHelpers, "src/graphql/download"]),
    floor("src/graphql/federation", "src/graphql/", [...graphqlHelpers, "src/graphql/object"]),
    floor("src/graphql/upload", "src/graphql/", [...graphqlHelpers, "src/graphql/object"]),
    ...stack("src/storage", [
      "headers",
      "checksums",
      "description",
      "client",
      "signing",
      "calls",
      "cdn",
      "objects",
      "confirmation",
      "multipart",
      "copying",
      "streaming",
      "inspection",
    ]),
    ...stack("packages/embedded-s3/src", [
      "core",
      "checksums",
      "disk",
      "iam",
      "signing",
      "http",
      "sts",
      "store",
      "requests",
      "encryption",
      "buckets",
      "listing",
      "objects",
      "multipart",
      "post",
    ]),
    ...stack(client, ["generated", "core", "checksum", "upload", "client"]),
    // The optional entry points use the main one, and never the other way round.
    floor(`${client}/(index|operations)\\.ts`, `${client}/`, [
      `${client}/(generated|core|checksum|upload|client)`,
    ]),
    ...["react", "uppy", "apollo"].map((entry) =>
      floor(`${client}/${entry}`, `${client}/`, [
        `${client}/(index|operations)\\.ts`,
        `${client}/(generated|core)`,
      ]),
    ),
    onlyInClientFolder("react", "react"),
    onlyInClientFolder("@uppy/core", "uppy"),
    onlyInClientFolder("@apollo/client", "apollo"),
    onlyInClientFolder("rxjs", "apollo"),
    onlyInClientFolder("graphql", "apollo"),
    floor("src/main\\.ts", "src/", ["src/app"]),
    floor("src/(fastify|express)\\.ts", "src/", ["src/app", "src/http"]),
    floor("src/index\\.ts", "src/", ["src/core", "src/library", "src/app"]),
    floor("src/apollo\\.ts", "src/", ["src/app", "src/graphql"]),
    floor("src/telemetry\\.ts", "src/", ["src/core"]),
    // Without a command, the command line starts the server.
    floor("src/cli\\.ts", "src/", ["src/core", "src/app", "src/commands", "src/main\\.ts"]),
    {
      name: "nothing-else-loose-in-src",
      severity: "error",
      from: {
        path: "^src/[^/]+\\.ts$",
        pathNot: "^src/(main|cli|telemetry|fastify|express|apollo|index)\\.ts$",
      },
      to: {},
    },
    {
      name: "the-embedded-store-is-reached-over-http",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/app/store-connection\\.ts$" },
      to: { path: "^packages/embedded-s3/" },
    },
    {
      name: "packages-import-nothing-of-the-server",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(src|test)/" },
    },
    {
      name: "only-in-node-http",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/(http|storage/calls)/"] },
      to: {
        path: "^(node:)?(http2?|https)$",
        dependencyTypes: ["core"],
        dependencyTypesNot: ["type-only"],
      },
    },
    onlyIn("fastify", ["^src/http/"]),
    onlyIn("graphql", ["^src/graphql/"]),
    onlyIn("type-graphql", ["^src/graphql/"]),
    onlyIn("@opentelemetry/api", [
      "^src/core/tracing\\.ts",
      "^src/http/request-span\\.ts",
      "^src/telemetry\\.ts",
    ]),
    onlyIn("@opentelemetry/(?!api)", ["^src/telemetry\\.ts"]),
    onlyIn("@aws-sdk/client-sts", ["^src/access/"]),
    onlyIn("@aws-sdk/client-s3", ["^src/storage/"]),
    onlyIn("ioredis", ["^src/redis/"]),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@valetkey/source", "import", "require", "node", "default", "types"],
    },
  },
};
