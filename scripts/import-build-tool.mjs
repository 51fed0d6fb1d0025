/**
 * Imports a package that only the build needs.
 * @template T
 * @param {() => Promise<T>} load such as `() => import("vite")`
 * @returns {Promise<T>}
 * @throws {Error} when it is not installed, saying how to install it
 */
export async function importBuildTool(load) {
  try {
    return await load();
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    const message =
      "Building needs the development packages: run `npm ci --include=dev`, or copy dist/ from a machine that has built it and run `node dist/main.js`.";
    throw Object.assign(new Error(message), { name: "MissingBuildToolError" });
  }
}
