import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** GraphiQL, as /graphql shows it. Its other files are served at /explorer/. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/explorer/",
  plugins: [react()],
  build: {
    outDir: "../../dist/explorer",
    emptyOutDir: true,
    chunkSizeWarningLimit: 10_000,
  },
});
