import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  print,
  specifiedRules,
  stripIgnoredCharacters,
  validate,
} from "graphql";
import { z } from "zod";
import { assertDocumentWithinLimits } from "./assert-document-limits.ts";
import { assertSourceWithinLimits } from "./assert-source-limits.ts";
import { limits } from "./limits.ts";
import { detachLocations } from "./locations.ts";

/** An operation that clients may name by its id. Its document is valid and within the limits. */
export interface PersistedOperation {
  readonly id: string;
  readonly name: string;
  readonly body: string;
  /** The SHA-256 hash of the body, in hexadecimal. */
  readonly hash: string;
  readonly document: DocumentNode;
  /** The number of nodes of the document. */
  readonly nodes: number;
  /** The texts that clients send instead of the id: the body, and how GraphQL clients print and compress it. */
  readonly texts: ReadonlySet<string>;
}

export interface ManifestOptions {
  readonly schema: GraphQLSchema;
  /** Outside production, operations may use introspection. */
  readonly production: boolean;
}

/** A manifest that cannot be used. `message` has a line `name: fault` for each fault. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** A message with more faults helps nobody. */
const maxFaults = 20;
const takes = "takes the text of one operation for the schema of this server";

/** https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format */
const manifestSchema = z.object({
  format: z.literal("apollo-persisted-query-manifest"),
  version: z.literal(1),
  operations: z
    .array(
      z.object({
        id: z.string().min(1).max(256),
        name: z.string().min(1).max(limits.nameLength),
        type: z.enum(["query", "mutation", "subscription"]),
        body: z.string().min(1),
      }),
    )
    .max(10_000),
});

type Entry = z.infer<typeof manifestSchema>["operations"][number];

/**
 * Parses a manifest of persisted operations in Apollo's format, and validates every operation.
 * @param name the name of the file in error messages
 * @throws {ManifestError}
 */
export async function parseManifest(
  text: string,
  name: string,
  options: ManifestOptions,
): Promise<readonly PersistedOperation[]> {
  const parsed = manifestSchema.safeParse(parseJson(text, name));
  if (!parsed.success) {
    throw manifestError(
      parsed.error.issues.map(({ path, message }) => `${name}: ${path.join(".")}: ${message}`),
    );
  }
  const faults: string[] = [];
  const operations: PersistedOperation[] = [];
  for (const [index, entry] of parsed.data.operations.entries()) {
    if (faults.length > maxFaults) break;
    try {
      operations.push(toOperation(entry, options));
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const place = error.locations?.[0];
      const where = place === undefined ? "" : ` (line ${place.line}, column ${place.column} of its body)`;
      faults.push(`${name}: operations.${index} ${JSON.stringify(entry.name)}: ${error.message}${where}`);
    }
    // When the file is read again, requests are served between two operations.
    await setImmediate();
  }
  if (faults.length > 0) throw manifestError(faults);
  return operations;
}

/**
 * Puts the operations of several manifests into one list. The same operation may be in several of them.
 * @throws {ManifestError} if different operations have the same id
 */
export function mergeOperations(
  manifests: ReadonlyMap<string, readonly PersistedOperation[]>,
): readonly PersistedOperation[] {
  const byId = new Map<string, PersistedOperation>();
  const faults: string[] = [];
  for (const [name, operations] of manifests) {
    for (const [index, operation] of operations.entries()) {
      const other = byId.get(operation.id);
      if (other === undefined) byId.set(operation.id, operation);
      else if (other.body !== operation.body) {
        const id = JSON.stringify(operation.id);
        faults.push(
          `${name}: operations.${index} ${JSON.stringify(operation.name)}: the id ${id} is used for another operation too: ${JSON.stringify(other.name)}`,
        );
      }
    }
  }
  if (faults.length > 0) throw manifestError(faults);
  return [...byId.values()];
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ManifestError(`${name}: not JSON (${(cause as Error).message})`, { cause });
  }
}

/** @throws {GraphQLError} */
function toOperation({ id, name, type, body }: Entry, options: ManifestOptions): PersistedOperation {
  assertSourceWithinLimits(body);
  const document = parse(body, { maxTokens: limits.tokens });
  const nodes = assertDocumentWithinLimits(document);
  const [operation, ...others] = document.definitions.filter(isOperation);
  if (operation === undefined || others.length > 0) {
    throw new GraphQLError(`The body has ${others.length + (operation ? 1 : 0)} operations; it ${takes}.`);
  }
  if (operation.name?.value !== name || operation.operation !== type) {
    const found = `${operation.operation} ${operation.name?.value ?? "without a name"}`;
    throw new GraphQLError(`The body is the ${found}, and not the ${type} ${name}.`);
  }
  const rules = options.production ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  const [fault] = validate(options.schema, document, rules, { maxErrors: 1 });
  if (fault !== undefined) throw fault;
  const printed = print(document);
  detachLocations(document, body);
  return {
    ...{ id, name, body, document, nodes },
    hash: createHash("sha256").update(body).digest("hex"),
    texts: new Set([body, printed, stripIgnoredCharacters(printed)]),
  };
}

function isOperation(node: DocumentNode["definitions"][number]): node is OperationDefinitionNode {
  return node.kind === Kind.OPERATION_DEFINITION;
}

function manifestError(faults: readonly string[]): ManifestError {
  const shown = faults.slice(0, maxFaults);
  return new ManifestError([...shown, ...(faults.length > maxFaults ? ["…"] : [])].join("\n"));
}
