/**
 * Builds web pages with Vite.
 * @param {string} configFile
 */
export async function buildPages(configFile) {
  const { build } = await import("vite");
  await build({ configFile, logLevel: "error" });
}
