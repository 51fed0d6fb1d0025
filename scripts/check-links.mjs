// Every relative link of the Markdown pages leads to a file, and its fragment to a heading of that file.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  encoding: "utf8",
})
  .trim()
  .split("\n");

const withoutCode = (text) => text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "");

/** The ids that GitHub gives to headings. */
function anchorsOf(path) {
  const headings = readFileSync(path, "utf8")
    .replaceAll(/^```.*?^```$/gms, "")
    .matchAll(/^#{1,6} (.+)$/gm);
  const seen = new Map();
  return new Set(
    [...headings].map(([, heading]) => {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .trim()
        .replaceAll(" ", "-");
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

function faultOf(page, target) {
  const [path, fragment] = target.split("#");
  const file = path === "" ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  if (!existsSync(file)) return `there is no ${file}`;
  if (fragment === undefined || statSync(file).isDirectory() || !file.endsWith(".md")) return undefined;
  return anchorsOf(file).has(fragment) ? undefined : `${file} has no heading #${fragment}`;
}

const links = pages.flatMap((page) =>
  [...withoutCode(readFileSync(page, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => ({ page, target }))
    .filter(({ target }) => !/^[a-z]+:/i.test(target)),
);
const faults = links
  .map(({ page, target }) => ({ page, target, fault: faultOf(page, target) }))
  .filter(({ fault }) => fault !== undefined);
for (const { page, target, fault } of faults) console.error(`${page}: (${target}): ${fault}`);
console.log(`links: ${links.length} in ${pages.length} pages, ${faults.length} broken`);
process.exitCode = links.length > 0 && faults.length === 0 ? 0 : 1;
