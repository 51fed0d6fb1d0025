// Writes docs/api.md from the schema's descriptions and the examples of docs/examples.
// With --check it only says whether the file is up to date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import {
  astFromValue,
  buildSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isUnionType,
  print,
} from "graphql";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
const isOwn = ({ name }) =>
  !name.startsWith("__") && !["String", "Int", "Float", "Boolean", "ID"].includes(name);
const types = Object.values(schema.getTypeMap()).filter(isOwn);
const roots = [schema.getQueryType(), schema.getMutationType()];

const oneLine = (text) => (text ?? "").replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
const withDefault = ({ type, defaultValue }) =>
  defaultValue === undefined || defaultValue === null ? "" : ` = ${print(astFromValue(defaultValue, type))}`;

function table(head, rows) {
  if (rows.length === 0) return "";
  return [
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}

function argumentTable(args) {
  const rows = args.map((arg) => [
    `\`${arg.name}\``,
    `\`${arg.type}${withDefault(arg)}\``,
    oneLine(arg.description),
  ]);
  return table(["argument", "type", ""], rows);
}

function field(owner, { name, type, description, args }) {
  return [`### ${owner}.${name}`, `\`${type}\``, description, argumentTable(args)]
    .filter(Boolean)
    .join("\n\n");
}

function members(type) {
  const fields = Object.values(type.getFields());
  const rows = fields.map((member) => {
    const signature = `\`${member.name}${member.args?.length ? "(…)" : ""}\``;
    return [signature, `\`${member.type}${withDefault(member)}\``, oneLine(member.description)];
  });
  const withArguments = fields.filter(({ args }) => args?.length);
  return [
    `### ${type.name}`,
    type.description,
    table(["field", "type", ""], rows),
    ...withArguments.flatMap(({ name, args }) => [`\`${name}\` takes:`, argumentTable(args)]),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function others(type) {
  if (isUnionType(type))
    return `### ${type.name}\n\n${type.description}\n\n${type
      .getTypes()
      .map(({ name }) => `\`${name}\``)
      .join(" | ")}`;
  if (isScalarType(type)) return `### ${type.name}\n\n${oneLine(type.description)}`;
  const rows = type.getValues().map(({ name, description }) => [`\`${name}\``, oneLine(description)]);
  return [`### ${type.name}`, type.description, table(["value", ""], rows)].filter(Boolean).join("\n\n");
}

const languages = { ".graphql": "graphql", ".sh": "sh" };
const examples = readdirSync("docs/examples")
  .filter((name) => extname(name) in languages)
  .sort()
  .map((name) => {
    const [title, ...lines] = readFileSync(`docs/examples/${name}`, "utf8").trim().split("\n");
    const block = `\`\`\`${languages[extname(name)]}\n${lines.join("\n").trim()}\n\`\`\``;
    return `### ${title.replace(/^#\s*/, "")}\n\n${block}`;
  });

const isRoot = (type) => roots.includes(type);
const text = `${[
  "# API",
  "Written by `npm run docs` from the schema's descriptions. Errors have `extensions.code`, `retryable` and, where one argument is at fault, `field`: see [errors](errors.md).",
  "## Examples",
  "In this order they work on a server that `npm start` has just started for the first time; the last one wants an upload whose parts are sent.",
  ...examples,
  ...roots.flatMap((root) => [
    `## ${root.name}`,
    ...Object.values(root.getFields()).map((each) => field(root.name, each)),
  ]),
  "## Types",
  ...types.filter((type) => isObjectType(type) && !isRoot(type)).map(members),
  "## Inputs",
  ...types.filter(isInputObjectType).map(members),
  "## Enums, unions and scalars",
  ...types.filter((type) => isEnumType(type) || isUnionType(type) || isScalarType(type)).map(others),
].join("\n\n")}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync("docs/api.md", "utf8") !== text) {
    console.error("docs/api.md is out of date: npm run docs");
    process.exitCode = 1;
  }
} else writeFileSync("docs/api.md", text);
