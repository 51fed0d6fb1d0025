import type { ASTNode, DocumentNode, SourceLocation } from "graphql";

const locations = new WeakMap<ASTNode, SourceLocation>();

/**
 * Removes the locations from a parsed document and stores the line and column of each node instead. With `loc`, each
 * node keeps a chain of tokens alive, and graphql-js searches the whole text for line breaks once for each error: with
 * 60,000 empty lines, this took 2.6 s for a batch of 1,000 items that failed.
 */
export function detachLocations(document: DocumentNode, source: string): void {
  const lineStarts = [0];
  for (const lineBreak of source.matchAll(/\r\n|[\n\r]/g))
    lineStarts.push(lineBreak.index + lineBreak[0].length);
  visit(document);

  function visit(node: ASTNode): void {
    const { loc } = node;
    if (loc !== undefined) {
      locations.set(node, locate(lineStarts, loc.start));
      (node as { loc?: unknown }).loc = undefined;
    }
    for (const value of Object.values(node) as unknown[]) {
      if (Array.isArray(value)) value.forEach(visit);
      else if (typeof value === "object" && value !== null && "kind" in value) visit(value as ASTNode);
    }
  }
}

/** The line and column of a node, counted from 1, as in the `locations` of graphql-js. */
export function locationOf(node: ASTNode): SourceLocation | undefined {
  return locations.get(node);
}

function locate(lineStarts: readonly number[], position: number): SourceLocation {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: position - (lineStarts[low] ?? 0) + 1 };
}
