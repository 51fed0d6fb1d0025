import { type ASTNode, Kind } from "graphql";
import { limits } from "./limits.ts";
import { nameTooLong } from "./operation-refused.ts";

/**
 * Counts a node and all nodes below it. Recursion is safe, because the depth is limited before a text is parsed.
 *
 * @throws {GraphQLError} BAD_USER_INPUT, HTTP status 400, for a name that is too long
 */
export function countNodes(node: ASTNode): number {
  let count = 1;
  if (node.kind === Kind.NAME && node.value.length > limits.nameLength) throw nameTooLong(node.value);
  for (const property in node) {
    if (property === "loc") continue;
    const value = (node as unknown as Record<string, unknown>)[property];
    if (Array.isArray(value)) for (const each of value) count += countNodes(each as ASTNode);
    else if (isNode(value)) count += countNodes(value);
  }
  return count;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "kind" in value;
}
