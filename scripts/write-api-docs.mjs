// Writes docs/api.md from the descriptions of schema.graphql and from the examples in docs/examples.
// With --check it only reports whether docs/api.md is up to date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import {
  astFromValue,
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  Kind,
  parse,
  print,
} from "graphql";

/** Every operation belongs to one task. */
const tasks = [
  { title: "Download files", operations: ["downloadUrl", "downloadUrls"] },
  {
    title: "Upload files directly to S3",
    operations: [
      "requestUpload",
      "requestUploads",
      "confirmUpload",
      "upload",
      "completeUpload",
      "abortUpload",
      "uploads",
    ],
  },
  { title: "Upload files through the server", operations: ["uploadFile", "uploadFiles"] },
  { title: "Browse a bucket", operations: ["objects", "object", "objectVersions"] },
  { title: "Copy and delete objects", operations: ["copyObject", "deleteObjects"] },
  { title: "Give a client temporary credentials", operations: ["requestCredentials"] },
  { title: "Show what the caller may do", operations: ["viewer"] },
];

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
const roots = { query: schema.getQueryType(), mutation: schema.getMutationType() };
const operations = Object.entries(roots).flatMap(([kind, root]) =>
  Object.values(root.getFields()).map((field) => ({ kind, field })),
);
const types = Object.values(schema.getTypeMap()).filter(
  (type) =>
    !type.name.startsWith("__") && !isSpecifiedScalarType(type) && !Object.values(roots).includes(type),
);
const kinds = [
  ["Types", types.filter(isObjectType)],
  ["Unions", types.filter(isUnionType)],
  ["Inputs", types.filter(isInputObjectType)],
  ["Enums", types.filter(isEnumType)],
  ["Scalars", types.filter(isScalarType)],
];

/** The anchor that GitHub gives a heading. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
const linkTo = (heading, text = heading) => `[${text}](#${anchor(heading)})`;
const inCell = (text) => (text ?? "").replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
const paragraphs = (...parts) => parts.flat().filter(Boolean).join("\n\n");
const firstSentence = (text) => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;

/** A type as code, linked if it is described on this page. */
function typeLink(type) {
  const named = getNamedType(type);
  const code = `\`${type}\``;
  return isSpecifiedScalarType(named) ? code : linkTo(named.name, code);
}

const withDefault = ({ type, defaultValue }) =>
  defaultValue === undefined || defaultValue === null
    ? ""
    : ` = \`${print(astFromValue(defaultValue, type))}\``;

function table(head, rows) {
  if (rows.length === 0) return "";
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const membersTable = (head, members) =>
  table(
    [head, "type", "description"],
    members.map((each) => [
      `\`${each.name}\``,
      `${typeLink(each.type)}${withDefault(each)}`,
      inCell(each.description),
    ]),
  );

const operationHeading = ({ kind, field }) => `${kind} ${field.name}`;

function describeOperation(operation) {
  const { field } = operation;
  const links = examples.filter(({ fields }) => fields.has(field.name)).map(({ heading }) => linkTo(heading));
  return paragraphs(
    `### ${operationHeading(operation)}`,
    field.description,
    `Returns ${typeLink(field.type)}.`,
    membersTable("argument", field.args),
    links.length > 0 && `${links.length > 1 ? "Examples" : "Example"}: ${links.join(", ")}`,
  );
}

function describeType(type) {
  const heading = `### ${type.name}`;
  if (isUnionType(type)) {
    return paragraphs(heading, type.description, `One of ${type.getTypes().map(typeLink).join(", ")}.`);
  }
  if (isScalarType(type)) {
    const specification = type.specifiedByURL && `Specification: <${type.specifiedByURL}>`;
    return paragraphs(heading, type.description, specification);
  }
  if (isEnumType(type)) {
    const rows = type.getValues().map(({ name, description }) => [`\`${name}\``, inCell(description)]);
    return paragraphs(heading, type.description, table(["value", "description"], rows));
  }
  const fields = Object.values(type.getFields());
  return paragraphs(
    heading,
    type.description,
    membersTable("field", fields),
    fields
      .filter(({ args }) => args?.length > 0)
      .flatMap(({ name, args }) => [`Arguments of \`${name}\`:`, membersTable("argument", args)]),
  );
}

/** The names of the root fields that an example uses. */
function rootFieldsOf(text, extension) {
  const names = new Set(operations.map(({ field }) => field.name));
  if (extension !== ".graphql") {
    return new Set([...names].filter((name) => new RegExp(`\\b${name}\\(`).test(text)));
  }
  const selections = parse(text).definitions.flatMap(({ selectionSet }) => selectionSet.selections);
  return new Set(selections.filter(({ kind }) => kind === Kind.FIELD).map(({ name }) => name.value));
}

const languages = { ".graphql": "graphql", ".sh": "sh" };
const examples = readdirSync("docs/examples")
  .filter((name) => extname(name) in languages)
  .sort()
  .map((name) => {
    const text = readFileSync(`docs/examples/${name}`, "utf8").trim();
    const [heading, ...code] = text.split("\n");
    return {
      heading: heading.replace(/^#\s*/, ""),
      fields: rootFieldsOf(text, extname(name)),
      block: `\`\`\`${languages[extname(name)]}\n${code.join("\n").trim()}\n\`\`\``,
    };
  });

const operationsOf = ({ operations: names }) =>
  names.map((name) => {
    const operation = operations.find(({ field }) => field.name === name);
    if (operation === undefined)
      throw new Error(`scripts/write-api-docs.mjs: there is no operation ${name}.`);
    return operation;
  });

const homeless = operations.filter(
  ({ field }) => !tasks.some((task) => task.operations.includes(field.name)),
);
if (homeless.length > 0) {
  throw new Error(
    `scripts/write-api-docs.mjs: add a task for ${homeless.map(({ field }) => field.name).join(", ")}.`,
  );
}

const index = paragraphs(
  table(
    ["task", "operation", "what it does"],
    tasks.flatMap((task) =>
      operationsOf(task).map((operation, position) => [
        position === 0 ? linkTo(task.title) : "",
        linkTo(operationHeading(operation), `\`${operation.field.name}\``),
        inCell(firstSentence(operation.field.description)),
      ]),
    ),
  ),
  kinds.map(([title, members]) => `${linkTo(title)}: ${members.map(({ name }) => linkTo(name)).join(", ")}`),
  `${linkTo("Examples")}: ${examples.map(({ heading }) => linkTo(heading)).join(", ")}`,
);

const text = `${paragraphs(
  "# API reference",
  "All operations and types of the GraphQL API. `npm run docs` generates this page from the schema.",
  "Errors have `extensions.code`, `extensions.retryable` and, if one argument is at fault, its path as `extensions.field`. [Errors](errors.md) lists the codes, and [Limits](limits.md) the sizes and counts. An argument that is `null` has its default value.",
  index,
  tasks.flatMap((task) => [`## ${task.title}`, ...operationsOf(task).map(describeOperation)]),
  kinds.flatMap(([title, members]) => [`## ${title}`, ...members.map(describeType)]),
  "## Examples",
  "The examples work in this order on a server that `npm start` has just started for the first time. The last one needs the id of an upload whose parts have been sent.",
  examples.flatMap(({ heading, block }) => [`### ${heading}`, block]),
)}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync("docs/api.md", "utf8") !== text) {
    console.error("docs/api.md is out of date. Run npm run docs.");
    process.exitCode = 1;
  }
} else writeFileSync("docs/api.md", text);
