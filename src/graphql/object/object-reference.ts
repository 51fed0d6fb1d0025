import type { GraphQLObjectType, GraphQLSchema } from "graphql";
import { authorizeDownload } from "../../access/authorization.ts";
import { ValetKeyError } from "../../core/errors.ts";
import type { ObjectAddress } from "../../core/object-address.ts";
import type { ObjectHead } from "../../storage/objects/stored-object.ts";
import { parseObjectAddress } from "../addresses.ts";
import { type GraphQLContext, type RequestContext, requestContextOf } from "../context.ts";
import { S3Object } from "./s3-object.ts";
import { toS3Object } from "./to-s3-object.ts";

/**
 * An S3Object of which only the address is known, as another part of a graph may name it. The other fields are loaded
 * when an operation asks for them.
 */
export function toObjectReference(address: ObjectAddress): S3Object {
  const { bucket, key, region } = address;
  return Object.assign(new S3Object(), { bucket, key, region, address });
}

/** @throws {ValetKeyError} BAD_USER_INPUT if the object has no address yet, and its bucket, key or region is invalid */
export function addressOf(object: S3Object, context: RequestContext): ObjectAddress {
  return object.address ?? context.applyKnownRegion(parseObjectAddress(object, context.services.regions));
}

/**
 * Undefined if there is no such object, so that the rest of a page is returned even if an object was deleted after it
 * was listed.
 */
export async function headOf(object: S3Object, context: RequestContext): Promise<ObjectHead | undefined> {
  return ifExists(loadHead(object, context));
}

export async function ifExists<Value>(loaded: Promise<Value>): Promise<Value | undefined> {
  try {
    return await loaded;
  } catch (error) {
    if (error instanceof ValetKeyError && error.code === "OBJECT_NOT_FOUND") return undefined;
    throw error;
  }
}

async function loadHead(object: S3Object, context: RequestContext): Promise<ObjectHead> {
  const address = addressOf(object, context);
  authorizeDownload(context.grants, address);
  return context.loaders.head.load(address);
}

const requiredFields = ["size", "etag"] as const;
const nullableFields = ["lastModified", "versionId", "storageClass"] as const;

/**
 * Adds resolvers for the fields that a listing or a write tells and a reference lacks. They are resolvers of graphql-js
 * itself, which return what is known without a promise: those of TypeGraphQL would slow down pages of objects.
 */
export function resolveReferences(schema: GraphQLSchema): GraphQLSchema {
  const fields = (schema.getType(S3Object.name) as GraphQLObjectType<S3Object, GraphQLContext>).getFields();
  const resolve = <Value>(name: string, load: (object: S3Object, context: RequestContext) => Value) => {
    const field = fields[name];
    if (field === undefined) throw new Error(`S3Object has no field ${name}.`);
    field.resolve = (object, _arguments, context) => {
      const known = object[name as keyof S3Object];
      return known === undefined ? load(object, requestContextOf(context)) : known;
    };
  };
  resolve("region", (object, context) => addressOf(object, context).region);
  for (const name of requiredFields) {
    resolve(name, async (object, context) => toS3Object(await loadHead(object, context))[name]);
  }
  for (const name of nullableFields) {
    resolve(name, async (object, context) => {
      const head = await headOf(object, context);
      return head && toS3Object(head)[name];
    });
  }
  return schema;
}
