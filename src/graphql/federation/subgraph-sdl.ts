import {
  type ConstDirectiveNode,
  concatAST,
  type GraphQLSchema,
  Kind,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  visit,
} from "graphql";
import { S3Object } from "../object/s3-object.ts";
import { PageInfo } from "../types/page-info.ts";

/** Version 2.0 has every directive that is used here, and every router of Federation 2 can read it. */
const link = parse(
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])',
);

/**
 * The directives of types and fields. They are not part of the schema itself, because tools that merge schemas refuse
 * directives that they do not know. What is shareable has a name that other subgraphs often define, too.
 */
const directives: Readonly<Record<string, string>> = {
  [S3Object.name]: '@key(fields: "bucket key") @key(fields: "bucket key region")',
  [PageInfo.name]: "@shareable",
  KeyValue: "@shareable",
  Viewer: "@shareable",
  "Query.viewer": "@shareable",
};

/** The schema as gateways need it, with the directives of Apollo Federation. */
export function printSubgraphSdl(schema: GraphQLSchema): string {
  const document = visit(parse(printSchema(lexicographicSortSchema(schema))), {
    [Kind.OBJECT_TYPE_DEFINITION]: (type) => ({
      ...type,
      directives: directivesOf(type.name.value),
      fields: type.fields?.map((field) => ({
        ...field,
        directives: [...(field.directives ?? []), ...directivesOf(`${type.name.value}.${field.name.value}`)],
      })),
    }),
  });
  return `${print(concatAST([link, document]))}\n`;
}

function directivesOf(coordinate: string): readonly ConstDirectiveNode[] {
  const text = directives[coordinate];
  if (text === undefined) return [];
  const [definition] = parse(`scalar Any ${text}`, { noLocation: true }).definitions;
  return definition?.kind === Kind.SCALAR_TYPE_DEFINITION ? (definition.directives ?? []) : [];
}
