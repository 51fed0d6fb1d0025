import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { parseTerraform } from "./terraform.ts";

/** A block of Terraform, as the parser returns it: attributes, and lists of nested blocks. */
export type Block = Readonly<Record<string, unknown>>;
export type Policy = {
  readonly Version: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
};

export interface TerraformModule {
  /** All blocks: `blocks("resource")` is a list of type, name and content. */
  blocks(kind: string): readonly { readonly labels: readonly string[]; readonly block: Block }[];
}

/** Reads the `.tf` files of one folder. */
export async function readTerraformModule(directory: string): Promise<TerraformModule> {
  const names = readdirSync(directory).filter((name) => name.endsWith(".tf"));
  const files = await Promise.all(
    names.map((name) => parseTerraform(readFileSync(join(directory, name), "utf8"))),
  );
  return {
    blocks: (kind) => files.flatMap((file) => labelled((file as Record<string, unknown>)[kind], [])),
  };
}

function labelled(value: unknown, labels: readonly string[]): { labels: readonly string[]; block: Block }[] {
  if (Array.isArray(value)) return value.map((block) => ({ labels, block: block as Block }));
  return Object.entries((value ?? {}) as Block).flatMap(([label, inner]) =>
    labelled(inner, [...labels, label]),
  );
}

/** The blocks of a module with values in the place of expressions. */
export interface EvaluatedModule {
  resource(type: string, name: string): Block;
  /** The policy that `data.aws_iam_policy_document.NAME.json` is. */
  policy(name: string): Policy;
}

/**
 * Evaluates the expressions of a module that mean the same in JavaScript: references, conditions, lists and calls of
 * `format` and `formatlist`. Attributes that AWS assigns are taken from `assigned`, by `TYPE.NAME` or `data.TYPE.NAME`.
 */
export function evaluateModule(
  module: TerraformModule,
  variables: Block,
  assigned: Readonly<Record<string, Block | readonly Block[]>>,
): EvaluatedModule {
  const defaults = Object.fromEntries(
    module.blocks("variable").map(({ labels: [name = ""], block }) => [name, block.default ?? null]),
  );
  const scope: Record<string, unknown> = { ...functions, variables: { ...defaults, ...variables }, data: {} };
  for (const [address, attributes] of Object.entries(assigned)) {
    const [name = "", type = "", kind] = address.split(".").reverse();
    const parent = (kind === undefined ? scope : scope[kind]) as Record<string, Record<string, unknown>>;
    parent[type] = { ...parent[type], [name]: attributes };
  }
  const value = (each: unknown) => evaluate(each, createContext(scope));
  const evaluated = (kind: string, type: string, name: string) => {
    const found = module.blocks(kind).find(({ labels }) => labels[0] === type && labels[1] === name);
    if (found === undefined) throw new Error(`There is no ${kind} ${type}.${name}.`);
    return value(found.block) as Block;
  };
  const policy = (name: string) => toPolicy(evaluated("data", policyDocument, name));
  const locals = module.blocks("locals").flatMap(({ block }) => Object.entries(block));
  scope.local = lazily(locals.map(([name, each]) => [name, () => value(each)]));
  const documents = module.blocks("data").filter(({ labels }) => labels[0] === policyDocument);
  (scope.data as Record<string, unknown>)[policyDocument] = lazily(
    documents.map(({ labels: [, name = ""] }) => [name, () => ({ json: JSON.stringify(policy(name)) })]),
  );
  return { resource: (type, name) => evaluated("resource", type, name), policy };
}

const policyDocument = "aws_iam_policy_document";

/** An object whose values are computed when they are read, because they may depend on each other. */
function lazily(values: readonly (readonly [name: string, compute: () => unknown])[]): object {
  const properties = values.map(([name, compute]) => [name, { get: compute, enumerable: true }] as const);
  return Object.defineProperties({}, Object.fromEntries(properties));
}

const format = (text: string, ...values: readonly string[]) => {
  const left = [...values];
  return text.replaceAll("%s", () => left.shift() ?? "");
};
const functions = {
  format,
  formatlist: (text: string, values: readonly string[]) => values.map((value) => format(text, value)),
};

function evaluate(value: unknown, context: object): unknown {
  if (typeof value === "string") return evaluateText(value, context);
  if (Array.isArray(value)) return value.map((each) => evaluate(each, context));
  if (typeof value !== "object" || value === null) return value;
  const { dynamic = {}, ...rest } = value as Block;
  const plain = Object.fromEntries(
    Object.entries(rest).map(([name, each]) => [name, evaluate(each, context)]),
  );
  for (const [name, blocks] of Object.entries(dynamic as Record<string, readonly Block[]>)) {
    const expanded = blocks.flatMap((block) => expand(name, block, context));
    plain[name] = [...((plain[name] as unknown[] | undefined) ?? []), ...expanded];
  }
  return plain;
}

function expand(name: string, { for_each: forEach, content }: Block, context: object): unknown[] {
  const elements = evaluate(forEach, context) as Block | readonly unknown[];
  return Object.entries(elements).map(([key, value]) => {
    const inner = createContext({ ...context, [name]: { key, value } });
    return evaluate((content as readonly unknown[])[0], inner);
  });
}

function evaluateText(text: string, context: object): unknown {
  const whole = /^\$\{(.*)\}$/s.exec(text)?.[1];
  // `var` is a keyword of JavaScript.
  const expression = whole?.replaceAll(/\bvar\./g, "variables.");
  if (expression !== undefined) return structuredClone(runInContext(`(${expression})`, context));
  if (text.includes("${")) throw new Error(`${text} is not one expression: use format().`);
  return text;
}

function toPolicy({ statement }: Block): Policy {
  const statements = statement as readonly Record<string, readonly Block[] | string | readonly string[]>[];
  return {
    Version: "2012-10-17",
    Statement: statements.map(
      ({ sid, effect = "Allow", actions, resources, principals, condition = [] }) => ({
        ...(sid === undefined ? {} : { Sid: sid }),
        Effect: effect,
        ...(principals === undefined ? {} : { Principal: toPrincipal(principals as readonly Block[]) }),
        Action: actions,
        ...(resources === undefined ? {} : { Resource: resources }),
        ...(condition.length === 0 ? {} : { Condition: toConditions(condition as readonly Block[]) }),
      }),
    ),
  };
}

function toPrincipal(principals: readonly Block[]): unknown {
  const [first] = principals;
  return first?.type === "*"
    ? "*"
    : Object.fromEntries(principals.map(({ type, identifiers }) => [type, identifiers]));
}

function toConditions(conditions: readonly Block[]): Record<string, Record<string, unknown>> {
  const byOperator: Record<string, Record<string, unknown>> = {};
  for (const { test, variable, values } of conditions) {
    byOperator[String(test)] = { ...byOperator[String(test)], [String(variable)]: values };
  }
  return byOperator;
}
