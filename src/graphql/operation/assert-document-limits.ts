import type { DocumentNode } from "graphql";
import { nestedTooDeeply } from "./assert-source-limits.ts";
import { countNodes } from "./count-nodes.ts";
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
  if (expanded.comparisons() > limits.comparisons) {
    throw operationRefused(
      "The document repeats the same response names or fragments too often at the same place in the response: ask for each field once.",
    );
  }
  return nodes;
}
