import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type DocumentNode,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SourceLocation,
  TypeInfo,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { type CompiledQuery, compileQuery, isCompiledQuery } from "graphql-jit";
import { LRUCache } from "lru-cache";
import type { GraphQLContext } from "../context.ts";
import {
  areLarge,
  firstVariableError,
  haveManyCharacters,
  type VariablesSize,
} from "./assert-variable-limits.ts";
import { ExpandedFields } from "./fragment-expansion.ts";
import { limits } from "./limits.ts";

/** Compiling takes about 0.1 ms for each field, with fragments expanded. */
const maxFields = 200;
/** An estimate of 1 KiB for each field limits the code to 20 MiB. */
const maxCompiledFields = 20_000;
/** Documents that are sent only a few times are not worth it. */
const usesBeforeCompilation = 3;
/** Compiled code reports each value that does not fit, which takes about 0.05 ms. */
const maxReportedValues = 500;

export interface ExecutionRequest {
  readonly source: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Of the variables. */
  readonly size: VariablesSize;
  readonly contextValue: GraphQLContext;
}

export interface Executed {
  readonly data?: FormattedExecutionResult["data"];
  readonly errors?: readonly GraphQLError[] | undefined;
}

/** Executes operations: the first times with graphql-js, and then with code that graphql-jit has compiled from them. */
export class CompiledOperations {
  readonly #schema: GraphQLSchema;
  readonly #uses = new WeakMap<OperationDefinitionNode, number>();
  readonly #compiled = new LRUCache<OperationDefinitionNode, CompiledQuery>({ maxSize: maxCompiledFields });

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  async execute(request: ExecutionRequest): Promise<Executed> {
    const { document, operation, operationName, variables, size, contextValue } = request;
    if (size.values > maxReportedValues || haveManyCharacters(size)) {
      if (firstVariableError(this.#schema, operation, variables) !== undefined) return {};
      if (areLarge(size)) await nextTurn();
    }
    const compiled = this.#compiledOf(request);
    if (compiled === undefined) {
      return execute({
        schema: this.#schema,
        document,
        contextValue,
        variableValues: variables,
        operationName,
        options: { maxCoercionErrors: limits.validationErrors },
      });
    }
    const { data, errors } = await compiled.query(undefined, contextValue, variables);
    return errors === undefined ? { data } : { data, errors: errors.map(toGraphQLError) };
  }

  #compiledOf(request: ExecutionRequest): CompiledQuery | undefined {
    const { operation } = request;
    const known = this.#compiled.get(operation);
    if (known !== undefined) return known;
    const uses = (this.#uses.get(operation) ?? 0) + 1;
    this.#uses.set(operation, uses);
    return uses === usesBeforeCompilation ? this.#compile(request) : undefined;
  }

  #compile({ source, document, operation, operationName }: ExecutionRequest): CompiledQuery | undefined {
    const fields = new ExpandedFields(document).count;
    if (fields > maxFields || mayPassNull(this.#schema, document, operation)) return undefined;
    // Known documents have no locations, which the errors need.
    const compiled = compileQuery(this.#schema, parse(source), operationName);
    if (!isCompiledQuery(compiled)) return undefined;
    this.#compiled.set(operation, compiled, { size: fields });
    return compiled;
  }
}

/**
 * Whether a variable that may be null stands for a value that must not be. GraphQL allows that where one of them has a
 * default. graphql-js checks the value when it executes the field, and graphql-jit does not.
 */
function mayPassNull(
  schema: GraphQLSchema,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
): boolean {
  const nullable = new Set(
    variableDefinitions.flatMap(({ variable, type }) =>
      type.kind === Kind.NON_NULL_TYPE ? [] : [variable.name.value],
    ),
  );
  const types = new TypeInfo(schema);
  let found = false;
  const Variable = ({ name }: VariableNode) => {
    if (nullable.has(name.value) && isNonNullType(types.getInputType())) found = true;
  };
  visit(document, visitWithTypeInfo(types, { Variable }));
  return found;
}

/** graphql-jit has a class of its own for errors. */
function toGraphQLError(error: GraphQLError): GraphQLError {
  const { message, path, originalError, locations } = error;
  const converted = new GraphQLError(message, { path, originalError });
  compiledLocations.set(converted, locations ?? []);
  return converted;
}

const compiledLocations = new WeakMap<GraphQLError, readonly SourceLocation[]>();

/** The locations of an error of compiled code, which has no nodes. */
export function locationsOfCompiled(error: GraphQLError): readonly SourceLocation[] {
  return compiledLocations.get(error) ?? [];
}
