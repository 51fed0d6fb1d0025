import { execFile } from "node:child_process";
import { chmod, chown, cp, lstat, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { promisify } from "node:util";
import { buildContext, repository } from "./build-context.ts";
import { environmentOf, execForm, onlyStep, parseDockerfile, type Stage } from "./dockerfile.ts";
import { type Closable, makeTemporaryFolder, startTogether } from "./resources.ts";

/** What deploy/Dockerfile builds, without the base image, in a folder. */
export interface ImageTree extends Closable {
  /** Where the image's `/` is. */
  readonly root: string;
  /** Where WORKDIR is. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** The numeric user and group of USER. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  /** Paths from `directory`. */
  files(): Promise<readonly string[]>;
}

export const isRoot = process.getuid?.() === 0;

/**
 * Carries out the COPY and RUN instructions of deploy/Dockerfile in a temporary folder, with two exceptions. `npm ci` would
 * take minutes, so the packages of this checkout are linked instead. RUN in the last stage only changes the base image, which
 * does not exist here. The tree is then owned by root, if the test is run by root, and read-only.
 */
export function buildImageTree(): Promise<ImageTree> {
  return startTogether(async (started) => {
    const folder = await started.use(makeTemporaryFolder("image"));
    started.defer(() => makeWritable(folder.path));
    await chmod(folder.path, 0o755);
    const context = join(folder.path, "context");
    for (const path of buildContext()) await cp(join(repository, path), join(context, path));

    const stages = parseDockerfile(await readFile(join(repository, "deploy/Dockerfile"), "utf8"));
    const roots = new Map(stages.map(({ name }, index) => [name, join(folder.path, `stage-${index}`)]));
    for (const stage of stages) await build(stage, roots, context);

    const last = stages.at(-1);
    const root = roots.get(undefined);
    if (last === undefined || root === undefined) throw new Error("The last stage must have no name.");
    const directory = join(root, onlyStep(last, "WORKDIR").text);
    const [uid = 0, gid = 0] = onlyStep(last, "USER").text.split(":").map(Number);
    return {
      root,
      directory,
      env: environmentOf(last),
      user: { uid, gid },
      command: [...execForm(onlyStep(last, "ENTRYPOINT")), ...execForm(onlyStep(last, "CMD"))],
      healthcheck: execForm(onlyStep(last, "HEALTHCHECK")),
      files: async () => {
        const entries = await readdir(directory, { recursive: true, withFileTypes: true });
        return entries
          .filter((entry) => !entry.isDirectory())
          .map(({ parentPath, name }) => posix.relative(directory, join(parentPath, name)));
      },
    };
  });
}

async function build(
  stage: Stage,
  roots: ReadonlyMap<string | undefined, string>,
  context: string,
): Promise<void> {
  const root = roots.get(stage.name) ?? "";
  let directory = root;
  const inStage = (path: string) => (path.startsWith("/") ? join(root, path) : join(directory, path));
  await mkdir(root);
  for (const { keyword, flags, words, text } of stage.steps) {
    if (keyword === "WORKDIR") {
      directory = inStage(text);
      await mkdir(directory, { recursive: true });
    } else if (keyword === "COPY") {
      const source = flags.from === undefined ? context : (roots.get(flags.from) ?? "");
      const target = words.at(-1) ?? "";
      for (const path of words.slice(0, -1)) {
        await copy(join(source, path), inStage(target), flags.chown, stage.name === undefined);
      }
    } else if (keyword === "RUN" && stage.name !== undefined) {
      if (/^npm ci\b/.test(text)) await linkPackages(directory);
      else await promisify(execFile)("sh", ["-e", "-c", text], { cwd: directory });
    }
  }
}

/** As COPY does: the content of a folder, or a file into a folder whose name ends with a slash. */
async function copy(
  source: string,
  target: string,
  owner: string | undefined,
  isReadOnly: boolean,
): Promise<void> {
  const isFolder = (await lstat(source)).isDirectory();
  const destination = isFolder || !target.endsWith("/") ? target : join(target, posix.basename(source));
  await cp(source, destination, { recursive: true });
  if (!isReadOnly) return;
  const [uid = 0, gid = 0] = (owner ?? "0:0").split(":").map(Number);
  await eachEntry(destination, async (path, isDirectory) => {
    if (isRoot) await chown(path, uid, gid);
    // The owner of a folder that is copied with --chown may write to it.
    if (owner === undefined) await chmod(path, isDirectory ? 0o555 : 0o444);
  });
}

/** What `npm ci` would install: links to this checkout's packages. Those of the workspace are links to the copied ones. */
async function linkPackages(directory: string): Promise<void> {
  for (const workspace of ["", "web", "packages/client", "packages/embedded-s3"]) {
    const installed = join(repository, workspace, "node_modules");
    const target = join(directory, workspace, "node_modules");
    const names = await readdir(installed).catch(() => []);
    for (const name of names.filter((each) => !/^\.(?!bin$)/.test(each))) {
      if (name === "@valetkey") await cp(join(installed, name), join(target, name), linksAsTheyAre);
      else await link(join(installed, name), join(target, name));
    }
  }
}

const linksAsTheyAre = { recursive: true, verbatimSymlinks: true };

async function link(existing: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(existing, path);
}

/** Undoes what would keep a user other than root from deleting the folder. */
const makeWritable = (folder: string) =>
  eachEntry(folder, async (path, isDirectory) => {
    if (isDirectory) await chmod(path, 0o755);
  });

/** A folder comes before its content. Links are left out. */
async function eachEntry(
  path: string,
  visit: (path: string, isDirectory: boolean) => Promise<void>,
): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return;
  await visit(path, stats.isDirectory());
  if (!stats.isDirectory()) return;
  for (const name of await readdir(path)) await eachEntry(join(path, name), visit);
}
