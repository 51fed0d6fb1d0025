import { Kind, visit } from "graphql";

/**
 * The operations of all documents, each with the fragments that it uses.
 * @returns {{ operation: import("graphql").OperationDefinitionNode, definitions: import("graphql").DefinitionNode[] }[]}
 */
export function operationsOf(documents) {
  const definitions = documents.flatMap(({ document }) => document.definitions);
  const fragments = new Map(
    definitions
      .filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
      .map((each) => [each.name.value, each]),
  );
  return definitions
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map((operation) => ({ operation, definitions: [operation, ...fragmentsOf(operation, fragments)] }));
}

/**
 * The fragments that a definition uses, each once, and after those that it uses itself. The client preset orders them this way
 * too, so the texts are the same.
 */
function fragmentsOf(definition, fragments, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value);
      fragmentsOf(fragment, fragments, found);
      found.add(fragment);
    },
  });
  return found;
}
