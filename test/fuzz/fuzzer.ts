import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";
import { DocumentFuzzer } from "./documents.ts";

/** Makes documents for the schema of this repository. */
export function createFuzzer(seed: number): DocumentFuzzer {
  return new DocumentFuzzer(buildSchema(readFileSync("schema.graphql", "utf8")), seed);
}
