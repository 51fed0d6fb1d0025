import { createHash } from "node:crypto";
import { Kind, print, visit } from "graphql";
import { operationsOf } from "./operations-of.mjs";

/**
 * A plugin for graphql-codegen: writes a manifest of persisted operations in Apollo's format. It has each operation twice:
 * as the client package sends it, and with `__typename` as Apollo Client needs it. Apollo's link looks an operation up by its
 * name, and uses the last one of that name.
 */
export function plugin(_schema, documents) {
  const operations = operationsOf(documents).flatMap(({ operation, definitions }) => {
    const document = { kind: Kind.DOCUMENT, definitions };
    const bodies = new Set([document, withTypename(document)].map(print));
    return [...bodies].map((body) => ({
      id: createHash("sha256").update(body).digest("hex"),
      name: operation.name.value,
      type: operation.operation,
      body,
    }));
  });
  return JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations }, null, 2);
}

const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/** Adds `__typename` to every selection set but that of the operation. */
function withTypename(document) {
  return visit(document, {
    SelectionSet: {
      leave(set, _key, parent) {
        const hasTypename = set.selections.some(({ name }) => name?.value === "__typename");
        if (parent.kind === Kind.OPERATION_DEFINITION || hasTypename) return undefined;
        return { ...set, selections: [...set.selections, typename] };
      },
    },
  });
}
