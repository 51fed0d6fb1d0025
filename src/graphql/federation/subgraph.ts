import { extendSchema, type GraphQLField, type GraphQLSchema, isUnionType, parse } from "graphql";
import { type GraphQLContext, requestContextOf } from "../context.ts";
import { S3Object } from "../object/s3-object.ts";
import { type FieldCost, lengthOf } from "../types/field-cost.ts";
import { loadEntities } from "./load-entities.ts";
import { printSubgraphSdl } from "./subgraph-sdl.ts";

/** https://www.apollographql.com/docs/graphos/reference/federation/subgraph-spec */
const subgraphTypes = parse(`
  extend type Query {
    "Returns the objects that other subgraphs refer to. Gateways use this field. Item i of the result belongs to representation i. A failed item is \`null\`, with an error at its path; other items are unaffected."
    _entities(
      "Each has \`__typename: \\"S3Object\\"\`, \`bucket\` and \`key\`, and may have \`region\`. At most 1,000."
      representations: [_Any!]!
    ): [_Entity]!

    "Describes this subgraph to gateways."
    _service: _Service!
  }

  "The key fields of an entity and its \`__typename\`."
  scalar _Any

  "The types that other subgraphs can refer to."
  union _Entity = ${S3Object.name}

  "A description of this subgraph."
  type _Service {
    "The schema of this subgraph with the directives of Apollo Federation."
    sdl: String!
  }
`);

const costOfEntities: FieldCost = { items: lengthOf("representations"), itemS3Call: "HEAD" };

/**
 * Returns the schema as a subgraph of Apollo Federation 2. The given schema is not changed.
 *
 * The fields are added by graphql-js and not by `buildSubgraphSchema`, which would build the schema anew from its text
 * and lose what fields cost, and whose `_entities` fails as a whole if one representation is wrong.
 */
export function toSubgraph(schema: GraphQLSchema): GraphQLSchema {
  const sdl = printSubgraphSdl(schema);
  const subgraph = extendSchema(schema, subgraphTypes);
  setResolver(subgraph, "_service", { resolve: () => ({ sdl }) });
  setResolver(subgraph, "_entities", {
    resolve: (_root, { representations }, context) =>
      loadEntities(representations, requestContextOf(context)),
    extensions: { cost: costOfEntities },
  });
  const entity = subgraph.getType("_Entity");
  if (isUnionType(entity)) entity.resolveType = () => S3Object.name;
  return subgraph;
}

function setResolver(
  schema: GraphQLSchema,
  name: string,
  parts: Pick<GraphQLField<unknown, GraphQLContext>, "resolve"> &
    Partial<Pick<GraphQLField<unknown, unknown>, "extensions">>,
): void {
  Object.assign(schema.getQueryType()?.getFields()[name] ?? {}, parts);
}
