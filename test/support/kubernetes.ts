import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { repository } from "./build-context.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The classes and types of a group and version in the package kubernetes-models. */
const moduleOf = ({ apiVersion }: Manifest) => `kubernetes-models/${apiVersion}`;

/** Checks required fields, types and formats. Returns what is wrong. */
export async function schemaFault(manifest: Manifest): Promise<string | undefined> {
  const models = (await import(moduleOf(manifest))) as Record<
    string,
    new (
      data: object,
    ) => { validate(): void }
  >;
  const Model = models[manifest.kind];
  if (Model === undefined) return `${manifest.apiVersion} has no kind ${manifest.kind}.`;
  try {
    new Model(manifest).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Checks the names of fields and the values of enumerations, which the schemas do not, with TypeScript's types of the same
 * package. Returns what the compiler says.
 */
export async function typeFaults(manifests: readonly Manifest[]): Promise<readonly string[]> {
  // Below node_modules, so that the compiler finds the package.
  const cache = join(repository, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "manifests-"));
  try {
    const path = join(folder, "manifests.ts");
    const lines = manifests.map(
      (manifest) =>
        `({${JSON.stringify(manifest).slice(1)}) satisfies import("${moduleOf(manifest)}").I${manifest.kind};`,
    );
    await writeFile(path, `export {};\n${lines.join("\n")}\n`);
    const program = ts.createProgram([path], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    });
    return ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
