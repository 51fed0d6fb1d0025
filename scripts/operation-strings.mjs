import {
  GraphQLNonNull,
  isListType,
  isNonNullType,
  print,
  stripIgnoredCharacters,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { operationsOf } from "./operations-of.mjs";

/**
 * A plugin for graphql-codegen: writes each operation as a string, followed by the fragments that it uses. A string
 * needs no code of `graphql` to be sent, and is smaller than a document. The types of the fields are in it too, so that
 * `decode` can check responses.
 */
export function plugin(schema, documents) {
  const operations = operationsOf(documents);
  const imports = operations.flatMap(({ operation }) => {
    const name = typeName(operation);
    return [name, `${name}Variables`];
  });
  const strings = operations.map(({ operation, definitions }) => {
    const name = operation.name.value;
    const data = typeName(operation);
    const result = operation.operation === "mutation" ? `Done<${data}>` : data;
    const type = `Operation<${result}, ${data}Variables>`;
    const string = JSON.stringify(printWithTypes(schema, definitions));
    return `export const ${name[0].toLowerCase()}${name.slice(1)}Operation =\n  ${string} as ${type};`;
  });
  return {
    prepend: [`import type { ${imports.join(", ")} } from "./graphql.ts";`],
    content: [types, ...strings].join("\n\n"),
  };
}

const types = `/**
 * The text of an operation, with the types of its data and variables. Each field has its type behind its name: \`?\` if it may be
 * null, \`*\` for a list, and of its value \`#\` for a number, \`%\` for a boolean, \`@\` for a date and \`^\` for a URL. Any other value is
 * a string, or an object if it has fields. \`&\` are arguments with the names of all variables.
 */
export type Operation<Data, Variables> = string & { readonly __types?: (variables: Variables) => Data };

/** The data of a mutation that has not failed. */
export type Done<Data> = { [Name in keyof Data]: NonNullable<Data[Name]> };`;

function typeName({ name, operation }) {
  return `${name.value}${operation[0].toUpperCase()}${operation.slice(1)}`;
}

/** The marks behind the name of a field, and what they are while the text is still GraphQL. */
const marks = { "?": "Null", "*": "List", "#": "Number", "%": "Boolean", "@": "Date", "^": "URL" };
const scalarMarks = { Int: "#", SafeInt: "#", Boolean: "%", DateTimeISO: "@" };

/** The text of definitions, with the type of each field behind its name. */
function printWithTypes(schema, definitions) {
  const info = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(info, {
    Field: {
      leave(node) {
        const isMutation = info.getParentType() === schema.getMutationType();
        const own = marksOf(info.getType(), node.name.value);
        // A mutation that has not failed has a result.
        const names = [...(isMutation ? own.replace(/^\?/, "") : own)].map((mark) => `__is${marks[mark]}`);
        return { ...node, name: { ...node.name, value: node.name.value + names.join("") } };
      },
    },
  });
  const text = stripIgnoredCharacters(definitions.map((each) => print(visit(each, visitor))).join(" "));
  const marked = Object.entries(marks).reduce(
    (marked, [mark, name]) => marked.replaceAll(`__is${name}`, mark),
    text,
  );
  const all = definitions[0].variableDefinitions.map(
    ({ variable: { name } }) => `${name.value}:$${name.value}`,
  );
  return all.length === 0 ? marked : marked.replace(`(${all.join(" ")}`, "(&");
}

function marksOf(type, field) {
  if (!isNonNullType(type)) return `?${marksOf(new GraphQLNonNull(type), field)}`;
  const own = type.ofType;
  if (isListType(own)) return `*${marksOf(own.ofType, field)}`;
  return field === "url" ? "^" : (scalarMarks[own.name] ?? "");
}
