import {
  type GraphQLInputType,
  type GraphQLObjectType,
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
import { type FuzzCase, type Fuzzer, graphqlCase } from "./fuzz-case.ts";

interface FuzzedRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** Generates documents of up to 64 KiB. The same seed gives the same documents. */
export class DocumentFuzzer implements Fuzzer {
  readonly #schema: GraphQLSchema;
  readonly #random: Random;
  #aliases = 0;

  constructor(schema: GraphQLSchema, seed: number) {
    this.#schema = schema;
    this.#random = new Random(seed);
  }

  next(): FuzzCase {
    const { shape, ...request } = this.nextRequest();
    return graphqlCase(shape, request);
  }

  nextRequest(): FuzzedRequest & { readonly shape: string } {
    const [shape, make] = this.#pick(Object.entries(this.#shapes));
    return { shape, ...make() };
  }

  readonly #shapes: Readonly<Record<string, () => FuzzedRequest>> = {
    "by the grammar": () => ({
      query: this.#cut(`{ ${this.#fields(this.#type("Query"), 6, 2 + this.#below(8))} }`),
    }),
    "mutation by the grammar": () => ({
      query: this.#cut(`mutation { ${this.#fields(this.#type("Mutation"), 5, 1 + this.#below(3))} }`),
    }),
    "chain of fragments": () => {
      const uses = this.#magnitude(1, 60);
      const use = (name: string, text: string) => this.#repeat(uses, (i) => `${name}${i}: ${text}`);
      return {
        query: `{ ${use("a", 'objects(bucket: "demo") { ...C }')} }
          fragment C on ObjectConnection { ${use("b", "edges { ...E }")} } fragment E on ObjectEdge { ${use("c", "node { ...N }")} }
          fragment N on S3Object { ${use("d", "downloadUrl { ...D }")} } fragment D on DownloadUrl { ${use("e", "url")} }`,
      };
    },
    "fragments that use each other": () => {
      const count = this.#magnitude(1, 150);
      return {
        query: `{ ...F0 } ${this.#repeat(count, (i) => `fragment F${i} on Query { ${this.#repeat(1 + this.#below(5), () => (this.#random.chance(0.9) && i + 1 < count ? `...F${i + 1 + this.#below(count - i - 1)}` : `...F${this.#random.chance(0.9) ? count : this.#below(count)}`))} viewer { subject } }`)}`,
      };
    },
    "fragments that double": () => {
      const levels = this.#below(100);
      return {
        query: `{ ...F0 } ${this.#repeat(levels, (i) => `fragment F${i} on Query { ${this.#repeat(1 + this.#below(3), () => `...F${i + 1}`)} }`)} ${this.#pick(["", `fragment F${levels} on Query { __typename }`])}`,
      };
    },
    "flood of aliases": () => ({
      query: this.#cut(
        `{ ${this.#repeat(this.#magnitude(10, 700), (i) => `a${i}: downloadUrl(bucket: "${this.#bucket()}", key: "k${i}", verify: ${this.#pick(["true", "false"])}) { url key }`)} }`,
      ),
    }),
    "long names": () => {
      const name = "n".repeat(1 + this.#magnitude(1, 60_000));
      return { query: `query ${name} { ${name}: viewer { ${name} } }`, operationName: name };
    },
    "list as a default": () => ({
      query: `query ($o: [ObjectInput!]! = [${'{bucket:"demo",key:"k"} '.repeat(this.#magnitude(1, 1200))}]) { ${this.#repeat(this.#magnitude(1, 60), (i) => `a${i}: downloadUrls(objects: $o, verify: false) { url }`)} }`,
    }),
    "deep nesting": () => {
      const levels = this.#magnitude(1, 9000);
      const [open, close] = this.#pick([
        ["a{", "}"],
        ["[", "]"],
        ["...{", "}"],
      ] as const);
      return open === "["
        ? { query: `{ a(b: ${open.repeat(levels)}${close.repeat(levels)}) }` }
        : { query: `{ ${open.repeat(levels)}b${close.repeat(levels)} }` };
    },
    "comments, empty lines and other scripts": () => ({
      query: `${this.#pick(["\n", "#€\n", "# comment\r\n", ",", "﻿"]).repeat(this.#below(20_000))} query ($o: [ObjectInput!]!) { downloadUrls(objects: $o, verify: false) { url } }`,
      variables: {
        o: Array.from({ length: this.#below(1001) }, (_, i) => ({ bucket: this.#bucket(), key: `ключ${i}` })),
      },
    }),
    "one response name": () => {
      const name = this.#pick(["subject ", "grants { bucket } ", "grants { bucket prefix } "]);
      const inner = `viewer { ${name.repeat(1 + this.#below(60))} } `;
      return { query: this.#cut(`{ ${inner.repeat(1 + this.#below(40))} }`) };
    },
    directives: () => ({
      query: `query ($a: Boolean = true) { ${this.#repeat(this.#magnitude(1, 900), (i) => `a${i}: viewer @skip(if: $a) @include(if: ${this.#pick(["true", "false", "$a"])}) { subject }`)} viewer { subject } }`,
    }),
    "unknown names": () => ({
      query: `{ ${this.#repeat(1 + this.#below(2500), (i) => `unknown${i}(viewre: ${i})`)} viewer { ${this.#repeat(this.#below(500), (i) => `subjec${i}`)} } }`,
    }),
    "huge variables": () => ({
      query:
        "query ($o: [ObjectInput!]!) { downloadUrls(objects: $o, verify: false) { url expiresAt bucket key region } }",
      variables: this.#pick([
        () => ({
          o: Array.from({ length: this.#below(30_000) }, (_, i) => ({ bucket: "demo", key: `k${i}` })),
        }),
        () => ({ o: "x".repeat(this.#below(1_900_000)) }),
        () => ({
          o: [Object.fromEntries(Array.from({ length: this.#below(5000) }, (_, i) => [`u${i}`, i]))],
        }),
        () => ({ o: JSON.parse(`${"[".repeat(2000)}${"]".repeat(2000)}`) as unknown }),
        () => ({
          o: Array.from({ length: 1000 }, () => ({ bucket: "demo", key: "k".repeat(1 + this.#below(1024)) })),
        }),
      ])(),
    }),
    "wide pages": () => ({
      query: `{ ${this.#repeat(this.#magnitude(1, 20), (i) => `a${i}: objects(bucket: "demo", first: ${this.#magnitude(1, 1000)}) { nodes { ${this.#repeat(this.#magnitude(1, 80), (j) => `b${j}: ${this.#pick(["key", "size", "etag", "downloadUrl { url }"])}`)} } }`)} }`,
    }),
    "uploads of many parts": () => ({
      query: `mutation ($u: [RequestUploadInput!]!) { requestUploads(uploads: $u) { ... on PutUpload { url headers { name value } } ... on MultipartUpload { id parts(first: ${1 + this.#below(1000)}) { number url } } } }`,
      variables: {
        u: Array.from({ length: this.#below(1000) }, (_, i) => ({
          input: { bucket: "demo", key: `fuzz/${i}` },
          size: this.#below(2 ** 31),
          method: "PUT",
        })),
      },
    }),
    "bytes of a document, changed": () => {
      const text = [
        ...`query Q($a: Int = 1) { viewer { ...F @skip(if: false) grants { actions } } } fragment F on Viewer { subject }`,
      ];
      for (let change = 0; change < this.#below(6); change += 1) {
        text[this.#below(text.length)] = this.#pick([
          "{",
          "}",
          "(",
          '"',
          '"""',
          "$",
          "€",
          "...",
          "\u0000",
          "1e9",
          "on",
        ]);
      }
      return { query: text.join("").repeat(this.#magnitude(1, 20)) };
    },
  };

  #type(name: string): GraphQLObjectType {
    return this.#schema.getType(name) as GraphQLObjectType;
  }

  #fields(type: GraphQLObjectType, depth: number, count: number): string {
    // A form brings files.
    const fields = Object.values(type.getFields()).filter(({ name }) => !name.startsWith("uploadFile"));
    return this.#repeat(count, (i) => {
      const field = this.#pick(fields);
      const args = field.args
        .filter((arg) => isRequiredArgument(arg) || this.#below(3) === 0)
        .map((arg) => `${arg.name}: ${arg.name === "bucket" ? '"demo"' : this.#value(arg.type, 4)}`);
      const below = this.#selection(field.type, depth - 1);
      return `${this.#alias(i)}${field.name}${args.length > 0 ? `(${args.join(", ")})` : ""}${below}`;
    });
  }

  #selection(output: GraphQLOutputType, depth: number): string {
    const named = getNamedType(output);
    if (isAbstractType(named)) {
      const types = this.#schema.getPossibleTypes(named);
      return ` { __typename ${types.map((each) => `... on ${each.name} { ${this.#fields(each, depth, 2)} }`).join(" ")} }`;
    }
    if (!isObjectType(named)) return "";
    return depth <= 0 ? " { __typename }" : ` { ${this.#fields(named, depth, 1 + this.#below(6))} }`;
  }

  #value(type: GraphQLInputType, depth: number): string {
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      return `[${this.#repeat(this.#below(20), () => this.#value(nullable.ofType as GraphQLInputType, depth - 1))}]`;
    }
    if (isEnumType(nullable)) return this.#pick(nullable.getValues()).name;
    if (isInputObjectType(nullable)) {
      if (depth <= 0) return "{}";
      const fields = Object.values(nullable.getFields())
        .filter((field) => isRequiredInputField(field) || this.#below(3) === 0)
        .map(
          (field) =>
            `${field.name}: ${field.name === "bucket" ? '"demo"' : this.#value(field.type, depth - 1)}`,
        );
      return `{ ${fields.join(", ")} }`;
    }
    switch (String(nullable)) {
      case "Int":
      case "SafeInt":
        return String(this.#below(2000));
      case "Boolean":
        return this.#pick(["true", "false"]);
      default:
        return JSON.stringify(this.#pick(["demo", "k", "users/", "é€", "x".repeat(this.#below(2000))]));
    }
  }

  /** Most aliases are used once. Fields with the same name have to be equal, so few documents with them are valid. */
  #alias(index: number): string {
    if (this.#random.chance(0.05)) return this.#pick(["", `x${index}: `]);
    this.#aliases += 1;
    return `y${this.#aliases}: `;
  }

  #bucket(): string {
    return this.#pick(["demo", "not-there"]);
  }

  #repeat(count: number, text: (index: number) => string): string {
    return Array.from({ length: count }, (_, index) => text(index)).join(" ");
  }

  #cut(text: string): string {
    return text.slice(0, 65_536);
  }

  #pick<Value>(values: readonly Value[]): Value {
    return this.#random.pick(values);
  }

  #below(limit: number): number {
    return this.#random.below(limit);
  }

  #magnitude(min: number, max: number): number {
    return this.#random.magnitude(min, max);
  }
}
