import { setImmediate as nextTurn } from "node:timers/promises";
import type { ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, type GraphQLError, Kind } from "graphql";
import type { GraphQLContext } from "../context.ts";
import { assertDocumentWithinLimits } from "./assert-document-limits.ts";
import { assertSourceWithinLimits } from "./assert-source-limits.ts";
import {
  areLarge,
  assertVariablesWithinLimits,
  firstVariableError,
  haveManyCharacters,
  type VariablesSize,
} from "./assert-variable-limits.ts";
import type { KnownDocuments } from "./known-documents.ts";
import { limitOperationCost } from "./limit-operation-cost.ts";
import { limitResponse } from "./limit-response.ts";
import { limits } from "./limits.ts";
import { detachLocations } from "./locations.ts";
import { nameTooLong, operationRefused } from "./operation-refused.ts";
import { operationNotAllowed, type PersistedOperations } from "./persisted-operations.ts";

/** Each step of a document with fewer characters takes less than about 2 ms. */
const longDocument = 2_000;

/** Replaces a document that is refused, so that Apollo has nothing to validate. */
const nothing: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };

/**
 * All limits of a request, in the order in which they are checked: the text, the document between Apollo's parsing and
 * its validation, the variables, the cost, the response. Apollo awaits each hook of each plugin, so this is one plugin.
 *
 * A document in `known` is not parsed again. An error can only be thrown in `didResolveOperation`, so a document that is
 * refused earlier is replaced by an empty one until then.
 *
 * @param persisted if given, other operations are refused before they are parsed
 */
export function limitRequests(
  known: KnownDocuments,
  persisted?: PersistedOperations,
): ApolloServerPlugin<Partial<GraphQLContext>> {
  const limitCost = limitOperationCost();
  return {
    async requestDidStart() {
      let refusal: GraphQLError | undefined;
      let nodes: number | undefined;
      let hash: string;
      let variablesSize: VariablesSize | undefined;
      return {
        async didResolveSource(request) {
          const { source } = request;
          // The id of a persisted operation may be anything, and a new manifest may give it another meaning.
          const found = persisted === undefined ? request.queryHash : persisted.hashOf(source);
          hash = found ?? request.queryHash;
          const document = known.find(hash);
          refusal = refusalOf(() => {
            if (found === undefined) throw operationNotAllowed();
            if (document === undefined) assertSourceWithinLimits(source);
            const { operationName } = request.request;
            if (operationName && operationName.length > limits.nameLength) throw nameTooLong(operationName);
          });
          setDocument(request, refusal ? nothing : document);
        },
        async parsingDidStart(request) {
          await nextTurnIfLong(request.source);
          return async (syntaxError) => {
            const { document, source } = request as { document?: DocumentNode; source: string };
            if (syntaxError !== undefined || document === undefined) return;
            refusal = refusalOf(() => {
              nodes = assertDocumentWithinLimits(document);
              detachLocations(document, source);
            });
            if (refusal) setDocument(request, nothing);
          };
        },
        async validationDidStart({ source }) {
          await nextTurnIfLong(source);
        },
        async didResolveOperation(resolved) {
          if (refusal) throw refusal;
          const { schema, source, document, operation, request, contextValue } = resolved;
          if (nodes !== undefined) {
            known.remember(hash, source, document, nodes);
            await nextTurnIfLong(source);
          }
          const { variables = {} } = request;
          variablesSize = assertVariablesWithinLimits(variables);
          if (operation !== undefined && haveManyCharacters(variablesSize)) {
            const message = firstVariableError(schema, operation, variables);
            if (message !== undefined) throw operationRefused(message);
            await nextTurn();
          }
          // Undefined if the document has no operation of the name. Then execution fails.
          if (operation !== undefined)
            await limitCost({ schema, document, operation, request, contextValue });
        },
        async executionDidStart({ source }) {
          await nextTurnIfLong(source, variablesSize);
        },
        async willSendResponse({ response }) {
          limitResponse(response);
        },
      };
    },
  };
}

/**
 * Lets other requests run between two steps of a long document, or of large variables. Each step takes up to 50 ms for
 * the longest ones, and Apollo runs them all in one turn of the event loop.
 */
async function nextTurnIfLong(source: string, variables?: VariablesSize): Promise<void> {
  if (source.length > longDocument || (variables !== undefined && areLarge(variables))) await nextTurn();
}

/** Apollo uses the document that it finds here, and parses the text only if there is none. */
function setDocument(request: object, document: DocumentNode | undefined): void {
  (request as { document?: DocumentNode | undefined }).document = document;
}

function refusalOf(check: () => void): GraphQLError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as GraphQLError;
  }
}
