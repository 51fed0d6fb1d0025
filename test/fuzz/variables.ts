import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";
import { Random } from "../support/random.ts";
import { type FuzzCase, type Fuzzer, renderRequest } from "./fuzz-case.ts";
import { hostileText, hostileValue, toJson } from "./hostile-values.ts";

interface Operation {
  readonly name: string;
  readonly query: string;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Calls every field of the schema with variables that are almost what it takes. */
export class VariableFuzzer implements Fuzzer {
  readonly #schema: GraphQLSchema;
  readonly #random: Random;
  readonly #operations: readonly Operation[];
  /** How likely each value is hostile, for the case that is made. */
  #hostility = 0;
  /** How likely each optional value is sent. Many of them do not go together. */
  #completeness = 0;

  constructor(schema: GraphQLSchema, seed: number) {
    this.#schema = schema;
    this.#random = new Random(seed);
    this.#operations = (["Query", "Mutation"] as const).flatMap((type) => {
      const root = schema.getType(type);
      if (!isObjectType(root)) throw new Error(`The schema has no ${type}.`);
      return Object.values(root.getFields())
        .filter(({ args, name }) => args.length > 0 && !name.startsWith("_"))
        .map((field) => this.#operation(type.toLowerCase(), field));
    });
  }

  next(): FuzzCase {
    const random = this.#random;
    const { name, query, field } = random.pick(this.#operations);
    this.#hostility = random.pick([0, 0, 0, 0.02, 0.1, 0.3]);
    this.#completeness = random.pick([0.02, 0.1, 0.5]);
    const variables: Record<string, unknown> = {};
    for (const arg of field.args) {
      if (isRequiredArgument(arg) || random.chance(this.#completeness))
        variables[arg.name] = this.#value(arg.name, arg.type, 5);
    }
    const names = Object.keys(variables);
    // Half of the requests are to get past the conversion of the variables.
    if (names.length > 0 && random.chance(0.3)) variables[random.pick(names)] = hostileValue(random);
    const request = this.#request({ query, variables });
    const bytes = renderRequest(toJson(request), { "content-type": "application/json" });
    // There is no other document to repeat it with, because most of the documents are compiled soon.
    return { shape: name, bytes, isWellFramed: true };
  }

  /** Sometimes the request around the variables is hostile too. */
  #request(request: { query: string; variables: unknown }): object {
    const random = this.#random;
    if (random.chance(0.85)) return request;
    return random.pick<() => object>([
      () => ({ ...request, variables: hostileValue(random) }),
      () => ({ ...request, operationName: hostileValue(random) }),
      () => ({ ...request, extensions: hostileValue(random) }),
      () => ({ ...request, extensions: { persistedQuery: { version: 1, sha256Hash: hostileText(random) } } }),
      () => ({ ...request, query: hostileValue(random) }),
      () => ({ ...request, variables: { ...(request.variables as object), [hostileText(random)]: 1 } }),
      () => [request, request],
      () => ({}),
    ])();
  }

  #operation(kind: string, field: GraphQLField<unknown, unknown>): Operation {
    const variables = field.args.map(({ name, type }) => `$${name}: ${String(type)}`);
    const args = field.args.map(({ name }) => `${name}: $${name}`);
    const query = `${kind} (${variables.join(", ")}) { ${field.name}(${args.join(", ")})${this.#selection(field.type, 3)} }`;
    return { name: field.name, query, field };
  }

  #selection(output: GraphQLOutputType, depth: number): string {
    const named = getNamedType(output);
    if (isAbstractType(named)) {
      const types = this.#schema.getPossibleTypes(named);
      return ` { __typename ${types.map((type) => `... on ${type.name}${this.#selection(type, depth)}`).join(" ")} }`;
    }
    if (!isObjectType(named)) return "";
    if (depth <= 0) return " { __typename }";
    const fields = Object.values(named.getFields())
      .filter(
        ({ args, type }) =>
          !args.some(isRequiredArgument) && (depth > 1 || !isObjectType(getNamedType(type))),
      )
      .map(({ name, type }) => `${name}${this.#selection(type, depth - 1)}`);
    return ` { __typename ${fields.join(" ")} }`;
  }

  #value(name: string, type: GraphQLInputType, depth: number): unknown {
    const random = this.#random;
    if (random.chance(this.#hostility)) return hostileValue(random);
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const length = random.pick([0, 1, 1, 2, 3, 10, random.below(1_002)]);
      return Array.from({ length }, () => this.#value(name, nullable.ofType as GraphQLInputType, depth - 1));
    }
    if (isEnumType(nullable)) return random.pick(nullable.getValues()).name;
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields()).filter(
        (field) => isRequiredInputField(field) || (depth > 0 && random.chance(this.#completeness)),
      );
      return Object.fromEntries(
        fields.map((field) => [field.name, this.#value(field.name, field.type, depth - 1)]),
      );
    }
    return this.#scalar(name, String(nullable));
  }

  #scalar(name: string, type: string): unknown {
    const random = this.#random;
    const known: Readonly<Record<string, readonly unknown[]>> = {
      bucket: ["demo", "demo", "demo", "demo", "demo-versioned", "not-there"],
      key: ["a", "users/a/b.txt", "ключ", "a+b &c"],
      sourceKey: ["a", "users/a/b.txt"],
      expiresIn: [1, 60, 3_600, 604_800, 604_801],
      contentType: ["text/plain", "image/png", "text"],
      storageClass: ["STANDARD", "STANDARD_IA", "GLACIER"],
      first: [0, 1, 10, 1_000, 1_001],
      region: ["us-east-1", "us-east-1", "us-east-1", "eu-central-1"],
      size: [0, 1, 2 ** 20, 70 * 2 ** 20, 5 * 2 ** 40],
    };
    if (known[name] !== undefined) return random.pick(known[name]);
    if (type === "Int" || type === "SafeInt") return random.magnitude(1, 100_000);
    if (type === "Boolean") return random.chance(0.5);
    return random.pick(["text/plain", "a", "AAAAAA==", "users/", "STANDARD"]);
  }
}
