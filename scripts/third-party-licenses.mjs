import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Licences that allow us to pass on a bundle, as long as it comes with their text. */
const allowed = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
];

/**
 * A plugin for Rolldown and Vite. It collects the packages that end up in a bundle, and writes their licences into a file.
 * @param {string} file `dist/third-party-licenses/server.txt`
 * @returns {import("rolldown").Plugin}
 */
export function thirdPartyLicenses(file) {
  return {
    name: "third-party-licenses",
    async generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((output) => output.moduleIds ?? []);
      const directories = new Set(
        modules.map(packageDirectory).filter((directory) => directory !== undefined),
      );
      const packages = await Promise.all([...directories].map(describePackage));
      for (const { name, license } of packages) {
        if (!isAllowed(license))
          throw new Error(
            `${name} has the licence ${license}, which is not on the list of ${import.meta.filename}.`,
          );
      }
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, asText(packages));
    },
  };
}

/** `/…/node_modules/@scope/name` for a file of that package. Undefined for files of this repository. */
function packageDirectory(moduleId) {
  return /^[^\0].*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(moduleId)?.[0];
}

/** Whether one of the alternatives of an SPDX expression such as `(MIT OR GPL-3.0)` is allowed. */
export function isAllowed(license) {
  const alternatives = license.replace(/^\((.*)\)$/, "$1").split(" OR ");
  return alternatives.some((alternative) =>
    alternative.split(" AND ").every((each) => allowed.includes(each)),
  );
}

async function describePackage(directory) {
  const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const { name, version, author } = manifest;
  // Old packages have an object, or a list of objects under another name.
  const license = manifest.license ?? manifest.licenses?.[0] ?? "unknown";
  const files = (await readdir(directory))
    .filter((each) => /^(?:licen[cs]e|notice|copying)\b/i.test(each))
    .sort();
  const texts = await Promise.all(files.map((each) => readFile(join(directory, each), "utf8")));
  const holder = typeof author === "object" ? author.name : author;
  const text =
    texts.length > 0
      ? texts.join("\n")
      : `The package has no file with its licence. Its author is ${holder ?? "not named"}.`;
  return {
    name: `${name}@${version}`,
    license: license.type ?? license,
    text: text.trim().replaceAll("\r\n", "\n"),
  };
}

/** Packages with the same text share it. */
function asText(packages) {
  const byText = groupByText(packages);
  const sections = [...byText].map(([text, sharing]) => {
    const names = sharing.map(({ name, license }) => `${name} (${license})`).sort();
    return `${names.join("\n")}\n\n${text}\n`;
  });
  return sections.sort().join(`\n${"-".repeat(80)}\n\n`);
}

function groupByText(packages) {
  const groups = new Map();
  for (const each of packages) groups.set(each.text, [...(groups.get(each.text) ?? []), each]);
  return groups;
}

/**
 * The packages that files of `thirdPartyLicenses` name.
 * @param {string} directory
 * @returns {Promise<{ name: string, license: string }[]>} sorted by names such as `pino@10.0.0`
 */
export async function readThirdPartyPackages(directory) {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".txt"));
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  const found = new Map();
  for (const text of texts) {
    for (const [, name, license] of text.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+@\d[^\s]*) \((.+)\)$/gm))
      found.set(name, license);
  }
  return [...found].map(([name, license]) => ({ name, license })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
