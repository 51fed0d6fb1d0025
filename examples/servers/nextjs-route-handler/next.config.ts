import type { NextConfig } from "next";

export default {
  // Loaded by Node and not bundled: Valet Key and the route have to share one copy of graphql.
  serverExternalPackages: ["valetkey", "graphql", "graphql-yoga"],
} satisfies NextConfig;
