import { type ASTNode, type DocumentNode, Kind } from "graphql";
import { nestedTooDeeply } from "./assert-source-limits.ts";
import { ExpandedFields } from "./fragment-expansion.ts";
import { limits } from "./limits.ts";
import { operationRefused } from "./operation-refused.ts";

/**
 * Checks a parsed document, whose text is within the limits, before validation: some rules of validation take time that
 * grows with the square of a document's fields, and with the product of its fragments.
 *
 * @returns the number of nodes, which says how much memory the document takes
 * @throws {GraphQLError} BAD_USER_INPUT, HTTP status 400
 */
export function assertDocumentWithinLimits(document: DocumentNode): number {
  const { definitions } = document;
  if (definitions.length > limits.definitions) {
    throw operationRefused(
      `The document has ${definitions.length} operations and fragments, and at most ${limits.definitions} are allowed: send only what the operation uses.`,
    );
  }
  const nodes = countNodes(document);
  const expanded = new ExpandedFields(document);
  if (expanded.count > limits.fields) {
    throw operationRefused(
      `The document asks for more than ${limits.fields} fields and fragments, counting each fragment wherever it is used: split it into several requests.`,
    );
  }
  if (expanded.depth > limits.depth) throw nestedTooDeeply();
  // Only after these checks is it safe to expand the fragments.
  if (expanded.equalFieldPairs() > limits.equalFieldPairs) {
    throw operationRefused(
      `The document repeats the same response names too often: at most ${limits.equalFieldPairs.toLocaleString("en")} pairs of fields may have the same place in the response. Ask for each field once.`,
    );
  }
  return nodes;
}

/** Recursion is safe, because the depth was limited before the text was parsed. */
function countNodes(node: ASTNode): number {
  let count = 1;
  if (node.kind === Kind.NAME && node.value.length > limits.nameLength) throw nameTooLong(node.value);
  for (const [property, value] of Object.entries(node) as [string, unknown][]) {
    if (property === "loc") continue;
    if (Array.isArray(value)) for (const each of value) count += countNodes(each as ASTNode);
    else if (isNode(value)) count += countNodes(value);
  }
  return count;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "kind" in value;
}

export function nameTooLong(name: string) {
  return operationRefused(
    `The name "${name.slice(0, 20)}…" has ${name.length} characters, and a name has at most ${limits.nameLength}: use a shorter one.`,
  );
}
