import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repository } from "../../support/build-context.ts";
import { codeBlocks } from "../../support/markdown.ts";
import { hasCommand } from "../../support/shell.ts";
import { parseTerraform } from "../../support/terraform.ts";
import { type Block, readTerraformModule, type TerraformModule } from "../../support/terraform-module.ts";

const terraform = join(repository, "deploy/terraform");
const modules = readdirSync(join(terraform, "modules"));
const folders = ["", ...modules.map((name) => `modules/${name}`)];
const guides = readdirSync(join(repository, "docs/guides")).filter((name) => name.endsWith(".md"));

interface Schema {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly computed: readonly string[];
  readonly blocks: Readonly<Record<string, Schema & { readonly min: number }>>;
}
/** Of AWS's provider 5.100: what `terraform providers schema -json` says of the types and blocks that are used. */
const provider = JSON.parse(
  readFileSync(join(repository, "test/support/terraform-provider.json"), "utf8"),
) as Readonly<Record<"resource" | "data", Readonly<Record<string, Schema>>>>;

// Arguments that Terraform itself knows in each block.
const metaArguments = ["count", "for_each", "depends_on", "lifecycle", "provider"];

/** What is wrong with the arguments and nested blocks, compared with the provider's schema. */
function faultsOf(path: string, block: Block, schema: Schema): string[] {
  const { dynamic = {}, ...rest } = block;
  const contents = Object.entries(dynamic as Record<string, readonly Block[]>).map(
    ([name, blocks]) => [name, blocks.flatMap(({ content }) => content as readonly Block[])] as const,
  );
  const names = new Set([...Object.keys(rest), ...contents.map(([name]) => name)]);
  const faults = [
    ...schema.required.filter((name) => !names.has(name)).map((name) => `${path} needs ${name}`),
    ...Object.keys(schema.blocks)
      .filter((name) => (schema.blocks[name]?.min ?? 0) > 0 && !names.has(name))
      .map((name) => `${path} needs a block ${name}`),
  ];
  const known = [...schema.required, ...schema.optional, ...metaArguments];
  for (const [name, value] of [...Object.entries(rest), ...contents]) {
    const nested = schema.blocks[name];
    if (nested !== undefined) {
      for (const inner of value as readonly Block[])
        faults.push(...faultsOf(`${path}.${name}`, inner, nested));
    } else if (!known.includes(name)) faults.push(`${path} has no argument ${name}`);
  }
  return faults;
}

/** All expressions of a block: texts that contain a reference. */
function expressionsOf(value: unknown): string[] {
  if (typeof value === "string") return [...value.matchAll(/\$\{([\s\S]*)\}/g)].map(([, text = ""]) => text);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(expressionsOf) : [];
}

/** The addresses that a module's expressions refer to, without indexes: `data.aws_region.current.name`. */
function referencesOf(module: TerraformModule): string[] {
  const kinds = ["resource", "data", "module", "locals", "output", "variable", "provider"];
  const expressions = kinds.flatMap((kind) => expressionsOf(module.blocks(kind)));
  // Texts inside of expressions refer to nothing, and "[each.key]" is an index.
  const texts = expressions.map((text) => text.replaceAll(/"[^"]*"/g, '""').replaceAll(/\[[\w.*"]*\]/g, ""));
  return texts.flatMap((text) =>
    [...text.matchAll(/(?<![\w.])(?:var|local|module|data|aws_\w+)(?:\.\w+)+/g)].map(([address]) => address),
  );
}

async function unknownReferences(module: TerraformModule): Promise<string[]> {
  const names = (kind: string) => module.blocks(kind).map(({ labels }) => labels.join("."));
  const variables = names("variable");
  const locals = module.blocks("locals").flatMap(({ block }) => Object.keys(block));
  const isKnown = async (address: string): Promise<boolean> => {
    const [first = "", ...rest] = address.split(".");
    if (first === "var") return variables.includes(rest[0] ?? "");
    if (first === "local") return locals.includes(rest[0] ?? "");
    if (first === "module") {
      const [name = "", output] = rest;
      const called = module.blocks("module").find(({ labels }) => labels[0] === name)?.block;
      if (called === undefined || output === undefined) return called !== undefined;
      const { blocks } = await readTerraformModule(join(terraform, String(called.source)));
      return blocks("output").some(({ labels }) => labels[0] === output);
    }
    const [type = "", name = "", attribute] = first === "data" ? rest : [first, ...rest];
    const kind = first === "data" ? "data" : "resource";
    const schema = provider[kind][type];
    if (schema === undefined || !names(kind).includes(`${type}.${name}`)) return false;
    return (
      attribute === undefined ||
      [schema.required, schema.optional, schema.computed].flat().includes(attribute)
    );
  };
  const references = [...new Set(referencesOf(module))];
  const known = await Promise.all(references.map(isKnown));
  return references.filter((_, index) => !known[index]);
}

/** What is wrong with the call of one of the modules. */
async function faultsOfCall(name: string, call: Block): Promise<string[]> {
  const directory = String(call.source).replace(/^.*(?=modules\/)/, "");
  const { blocks } = await readTerraformModule(join(terraform, directory));
  const variables = blocks("variable").map(({ labels: [variable = ""], block }) => ({ variable, block }));
  const given = Object.keys(call).filter((key) => key !== "source" && !metaArguments.includes(key));
  return [
    ...given
      .filter((key) => !variables.some(({ variable }) => variable === key))
      .map((key) => `${name}: there is no variable ${key}`),
    ...variables
      .filter(({ variable, block }) => !("default" in block) && !given.includes(variable))
      .map(({ variable }) => `${name}: ${variable} is missing`),
  ];
}

describe.each(folders)("deploy/terraform/%s", (folder) => {
  test("has the arguments that AWS's provider knows", async () => {
    const module = await readTerraformModule(join(terraform, folder));
    const faults = (["resource", "data"] as const).flatMap((kind) =>
      module.blocks(kind).flatMap(({ labels: [type = "", name = ""], block }) => {
        const schema = provider[kind][type];
        return schema === undefined
          ? [`There is no ${kind} ${type}`]
          : faultsOf(`${type}.${name}`, block, schema);
      }),
    );
    expect(faults).toEqual([]);
  });

  test("refers to nothing that does not exist, and uses each of its variables", async () => {
    const module = await readTerraformModule(join(terraform, folder));
    expect(await unknownReferences(module)).toEqual([]);
    const used = new Set(referencesOf(module).map((address) => address.split(".").slice(0, 2).join(".")));
    const variables = module.blocks("variable").map(({ labels }) => `var.${labels[0]}`);
    expect(variables.filter((variable) => !used.has(variable))).toEqual([]);
    expect(module.blocks("variable").filter(({ block }) => !("description" in block))).toEqual([]);
  });
});

test("the root calls each module with the variables that it has", async () => {
  const root = await readTerraformModule(terraform);
  const calls = root.blocks("module");
  expect(calls.map(({ labels }) => labels[0]).sort()).toEqual([...modules].sort());
  const faults = await Promise.all(calls.map(({ labels: [name = ""], block }) => faultsOfCall(name, block)));
  expect(faults.flat()).toEqual([]);
});

test("guides call the modules with the variables that they have", async () => {
  let calls = 0;
  for (const guide of guides) {
    for (const text of codeBlocks("hcl", readFileSync(join(repository, "docs/guides", guide), "utf8"))) {
      const { module = {} } = (await parseTerraform(text)) as { module?: Record<string, readonly Block[]> };
      for (const [name, [call = {}]] of Object.entries(module)) {
        calls += 1;
        if (String(call.source).includes("modules/"))
          expect(await faultsOfCall(`${guide}: ${name}`, call)).toEqual([]);
      }
    }
  }
  expect(calls).toBeGreaterThan(3);
});

test.runIf(hasCommand("terraform"))("terraform fmt has nothing to change", () => {
  const environment = { ...process.env, TF_CLI_CONFIG_FILE: "/dev/null", CHECKPOINT_DISABLE: "1" };
  const { status, stdout } = spawnSync("terraform", ["fmt", "-check", "-recursive", terraform], {
    encoding: "utf8",
    env: environment,
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
});
