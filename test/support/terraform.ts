import { createRequire } from "node:module";

type Blocks = Record<string, Record<string, Record<string, unknown>[]>>;

/** The blocks of a Terraform file, by the types and names of resources. */
export interface TerraformFile {
  readonly resource?: Blocks;
  readonly data?: Blocks;
}

// Its types refer to the DOM, whose fetch differs from Node's, so they must not be part of this program.
const require = createRequire(import.meta.url);
const { parse } = require("@cdktf/hcl2json") as {
  parse(filename: string, text: string): Promise<TerraformFile>;
};

/** Throws with the line and column of a syntax error. */
export function parseTerraform(text: string): Promise<TerraformFile> {
  return parse("main.tf", text);
}
