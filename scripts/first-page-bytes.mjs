import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * How many bytes a browser loads before it shows the page: its HTML, and the scripts and styles that the HTML names,
 * compressed.
 * @param {string} directory with index.html
 * @returns {number}
 */
export function firstPageBytes(directory) {
  const html = readFileSync(join(directory, "index.html"));
  const names = [...html.toString().matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(
    ([, name = ""]) => name,
  );
  const files = [html, ...names.map((name) => readFileSync(join(directory, name)))];
  return files.reduce((bytes, file) => bytes + gzipSync(file).length, 0);
}
