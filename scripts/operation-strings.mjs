import { print, stripIgnoredCharacters } from "graphql";
import { operationsOf } from "./operations-of.mjs";

/**
 * A plugin for graphql-codegen: writes each operation as a string, followed by the fragments that it uses. A string
 * needs no code of `graphql` to be sent, and is smaller than a document.
 */
export function plugin(_schema, documents) {
  const operations = operationsOf(documents);
  const imports = operations.flatMap(({ operation }) => {
    const name = typeName(operation);
    return [name, `${name}Variables`];
  });
  const strings = operations.map(({ operation, definitions }) => {
    const name = operation.name.value;
    const text = definitions.map(print).join(" ");
    const type = `OperationString<${typeName(operation)}, ${typeName(operation)}Variables>`;
    const string = JSON.stringify(stripIgnoredCharacters(text));
    return `export const ${name[0].toLowerCase()}${name.slice(1)}Operation =\n  ${string} as ${type};`;
  });
  const content = [
    "/** The text of an operation, with the types of its result and variables. */",
    "export type OperationString<Result, Variables> = string & {",
    "  readonly __types?: (variables: Variables) => Result;",
    "};",
    ...strings,
  ];
  return {
    prepend: [`import type { ${imports.join(", ")} } from "./graphql.ts";`],
    content: content.join("\n\n"),
  };
}

function typeName({ name, operation }) {
  return `${name.value}${operation[0].toUpperCase()}${operation.slice(1)}`;
}
