import type { ApolloServerPlugin } from "@apollo/server";
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { ValetKeyError } from "../../core/errors.ts";
import { maxPartCount, planUpload } from "../../storage/multipart/upload-plan.ts";
import { UploadMethod } from "../types/enums.ts";

/** About 10,000 presigned URLs, or four pages of 1,000 objects with a URL and all their fields. */
export const maxOperationCost = 100_000;

type Arguments = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<string, unknown>>;

const longestPage = 1000;
/** Lists that no argument bounds are short: metadata, tags, headers, grants. */
const usualItems = 10;

/**
 * The most items that a field answers with. A connection's lists are counted where the page is asked for.
 * @param parts that the upload in question may have
 */
const itemsOf: Readonly<Record<string, (given: Arguments, parts: number) => number>> = {
  "Query.downloadUrls": ({ objects }) => lengthOf(objects),
  "Query.objects": ({ first }) => pageSize(first),
  "Query.uploads": ({ first }) => pageSize(first),
  "Mutation.deleteObjects": ({ objects }) => lengthOf(objects),
  "Mutation.uploadFiles": ({ inputs }) => lengthOf(inputs),
  "MultipartUpload.parts": ({ numbers, first }, parts) =>
    Math.min(parts, Array.isArray(numbers) ? numbers.length : pageSize(first ?? longestPage)),
  "MultipartUpload.uploadedParts": (_, parts) => parts,
  ...Object.fromEntries(
    ["ObjectConnection", "PendingUploadConnection"].flatMap((connection) =>
      ["nodes", "edges", "folders"].map((list) => [`${connection}.${list}`, () => 1]),
    ),
  ),
};

/** What the uploads cost that a field begins: `ofOne` is the cost of an upload of so many parts. */
type CostOfUploads = (given: () => Arguments, ofOne: (parts: number) => number) => number;

const costOfUploads: Readonly<Record<string, CostOfUploads>> = {
  "Mutation.requestUpload": (given, ofOne) => {
    const least = ofOne(0);
    // Most ask for no parts, and then it does not matter how many there are.
    return least === ofOne(maxPartCount) ? least : ofOne(partsOf(given()));
  },
  "Mutation.requestUploads": (given, ofOne) => {
    const { uploads } = given();
    return (Array.isArray(uploads) ? uploads : [uploads]).reduce(
      (total: number, upload) => total + ofOne(partsOf(upload)),
      0,
    );
  },
};

function partsOf(upload: unknown): number {
  const { size, method } = (upload ?? {}) as Arguments;
  if (method === UploadMethod.PUT || method === UploadMethod.POST) return 0;
  try {
    return planUpload(size as number).partCount;
  } catch {
    // It is refused as soon as it is looked at.
    return 0;
  }
}

/** A URL has some thousand characters and takes a signature; every other value counts one. */
const urlCost = 10;

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 1;
}

function pageSize(first: unknown): number {
  return typeof first === "number" ? Math.min(Math.max(first, 1), longestPage) : longestPage;
}

type Cost = (variables: Variables, parts: number) => number;

/**
 * Refuses operations that ask for more values than one answer should hold: a document of a few kilobytes
 * could ask for gigabytes, by aliases of fields that answer with a thousand items each.
 */
export function limitOperationCost<Context extends object>(
  schema: GraphQLSchema,
): ApolloServerPlugin<Context> {
  // Apollo keeps the documents that it has parsed, and with them what they cost.
  const compiled = new WeakMap<OperationDefinitionNode, Cost>();
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request: { variables = {} } }) {
          if (operation === undefined) return;
          let cost = compiled.get(operation);
          if (cost === undefined) {
            cost = compileCost(schema, document, operation);
            compiled.set(operation, cost);
          }
          if (cost(variables, maxPartCount) > maxOperationCost) throw tooCostly();
        },
      };
    },
  };
}

function tooCostly(): GraphQLError {
  const message = `This asks for more than ${maxOperationCost.toLocaleString("en")} values at once, where a URL counts ${urlCost}: ask for fewer items, or fewer fields of each.`;
  return new GraphQLError(message, {
    originalError: new ValetKeyError("BAD_USER_INPUT", message),
    extensions: { http: { status: 400 } },
  });
}

/** What an operation of a valid document costs, as a function of its variables. */
export function compileCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const root = schema.getRootType(operation.operation);
  return root ? costOfObject(root, operation.selectionSet) : () => 0;

  function costOfType(type: GraphQLOutputType, selections: SelectionSetNode): Cost {
    const named = getNamedType(type);
    if (isObjectType(named)) return costOfObject(named, selections);
    if (!isAbstractType(named)) return () => 0;
    const costs = schema.getPossibleTypes(named).map((possible) => costOfObject(possible, selections));
    return (variables, parts) => Math.max(...costs.map((cost) => cost(variables, parts)));
  }

  function costOfObject(type: GraphQLObjectType, selections: SelectionSetNode): Cost {
    const costs = [...fieldsOf(type, selections, new Set())].map((field) => costOfField(type, field));
    return (variables, parts) => costs.reduce((total, cost) => total + cost(variables, parts), 0);
  }

  /** The fields that are asked of this type, fragments taken apart. */
  function* fieldsOf(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    spread: Set<string>,
  ): Generator<FieldNode> {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        yield selection;
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : takeOnce(selection.name.value, spread);
      const condition = fragment?.typeCondition?.name.value;
      if (fragment !== undefined && (condition === undefined || isA(type, condition))) {
        yield* fieldsOf(type, fragment.selectionSet, spread);
      }
    }
  }

  /** Execution, too, takes a fragment into a selection set once. */
  function takeOnce(name: string, spread: Set<string>): FragmentDefinitionNode | undefined {
    if (spread.has(name)) return undefined;
    spread.add(name);
    return fragments.get(name);
  }

  function isA(type: GraphQLObjectType, condition: string): boolean {
    const named = schema.getType(condition);
    return named === type || (isAbstractType(named) && schema.isSubType(named, type));
  }

  function costOfField(type: GraphQLObjectType, node: FieldNode): Cost {
    const name = node.name.value;
    const field = type.getFields()[name];
    if (field === undefined) return () => 1;
    const leafCost = name === "url" ? urlCost : 1;
    const ofOne = node.selectionSet ? costOfType(field.type, node.selectionSet) : () => leafCost;
    const ofUploads = costOfUploads[`${type.name}.${name}`];
    if (ofUploads !== undefined) {
      return (variables) =>
        ofUploads(
          () => argumentsOf(field, node, variables),
          (parts) => ofOne(variables, parts),
        );
    }
    const items = itemsOf[`${type.name}.${name}`];
    if (items !== undefined) {
      return (variables, parts) =>
        items(argumentsOf(field, node, variables), parts) * ofOne(variables, parts);
    }
    return isListType(getNullableType(field.type))
      ? (variables, parts) => usualItems * ofOne(variables, parts)
      : ofOne;
  }
}

/** Of variables as they were sent. What is wrong with them is for execution to say. */
function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Variables,
): Arguments {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return {};
  }
}
