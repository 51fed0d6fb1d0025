// npm run sbom: writes the software bill of materials of a built package, in the format of CycloneDX, to build/sbom.cdx.json.
// The packages of the bundles are development packages of this repository, so `npm sbom` alone would list too few or too many.
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { readThirdPartyPackages } from "./third-party-licenses.mjs";

const output = "build/sbom.cdx.json";
const { name, version } = JSON.parse(await readFile("package.json", "utf8"));
const bundled = new Set((await readThirdPartyPackages("dist/third-party-licenses")).map((each) => each.name));
const arguments_ = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
const { stdout } = await promisify(execFile)("npm", arguments_, { maxBuffer: 2 ** 26 });
const sbom = JSON.parse(stdout);

const root = { ...sbom.metadata.component, name, version };
const idOf = (component) =>
  `${component.group ? `${component.group}/` : ""}${component.name}@${component.version}`;
const isDevelopment = ({ name: property }) => property === "cdx:npm:package:development";
const components = sbom.components
  .filter((component) => bundled.has(idOf(component)))
  .map((component) => ({
    ...component,
    properties: (component.properties ?? []).filter((property) => !isDevelopment(property)),
  }));
const missing = [...bundled].filter((each) => !components.some((component) => idOf(component) === each));
if (missing.length > 0) throw new Error(`package-lock.json does not have ${missing.join(", ")}.`);

const refs = new Set([root, ...components].map((component) => component["bom-ref"]));
const dependencies = sbom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
const lifecycles = [{ phase: "build" }];
const metadata = { ...sbom.metadata, lifecycles, component: root };
await mkdir("build", { recursive: true });
await writeFile(output, `${JSON.stringify({ ...sbom, metadata, components, dependencies }, null, 2)}\n`);
console.log(`${output} lists ${components.length} packages.`);
