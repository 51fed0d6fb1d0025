import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import { writeDeclarations } from "./build-package.mjs";
import { bundle } from "./bundle.mjs";

/** The entry points of the package `valetkey`, for servers that Valet Key is a part of. */
export const libraryEntries = {
  index: "src/index.ts",
  fastify: "src/fastify.ts",
  express: "src/express.ts",
  apollo: "src/apollo.ts",
};

/** Bundled with the server (build.mjs), which uses it too. Its types are written with those of the library. */
export const telemetryEntry = { telemetry: "src/telemetry.ts" };

/**
 * Builds the entry points for other servers, and the declarations that their types need.
 * @param {string} output a folder, emptied first
 * @param {{ licenses?: string }} options the file for the licences of the bundled packages
 */
export async function buildLibrary(output, { licenses } = {}) {
  await rm(output, { recursive: true, force: true });
  // A program must not have two copies of graphql. Everything else is bundled.
  await bundle(libraryEntries, output, { external: [/^graphql(?:\/|$)/], licenses });
  await writeDeclarations(resolve("src"), output, Object.values({ ...libraryEntries, ...telemetryEntry }));
}
