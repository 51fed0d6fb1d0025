import { type GraphQLField, type GraphQLSchema, isObjectType } from "graphql";

/**
 * Declares the costs of our fields in a schema that was built from our types as text, which does not contain them.
 * @param from our schema
 * @param to a schema with the types of ours and others
 */
export function copyCosts(from: GraphQLSchema, to: GraphQLSchema): void {
  for (const type of Object.values(from.getTypeMap())) {
    for (const field of fieldsOf(from, type.name)) {
      const { cost } = field.extensions;
      if (cost === undefined) continue;
      const other = fieldsOf(to, type.name).find(({ name }) => name === field.name);
      if (other !== undefined) other.extensions = { ...other.extensions, cost };
    }
  }
}

function fieldsOf(schema: GraphQLSchema, typeName: string): GraphQLField<unknown, unknown>[] {
  const type = schema.getType(typeName);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}
