import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

/** The web client, as the server shows it at /. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that it also works below a path of a reverse proxy.
  base: "./",
  plugins: [react()],
  // The server puts a new nonce into each response.
  html: { cspNonce: "__CSP_NONCE__" },
  // The source of @valetkey/client, not what was last built.
  resolve: { conditions: ["@valetkey/source", ...defaultClientConditions] },
  worker: { format: "es" },
  build: { outDir: "../dist/web", emptyOutDir: true, target: "es2023" },
});
