import { authorizeDownload } from "../../access/authorization.ts";
import { badUserInput } from "../../core/errors.ts";
import { quoted } from "../../core/quoted.ts";
import { parseObjectAddress } from "../addresses.ts";
import { settleEach } from "../batch.ts";
import type { RequestContext } from "../context.ts";
import { toObjectReference } from "../object/object-reference.ts";
import { S3Object } from "../object/s3-object.ts";

/** Item i of the result belongs to representation i. No S3 object is looked at until a field needs it. */
export function loadEntities(
  representations: readonly unknown[],
  context: RequestContext,
): Promise<(S3Object | Error)[]> {
  const batch = { argument: "representations", turns: context.turns };
  return settleEach(representations, batch, async (representation) => {
    const { regions } = context.services;
    const given = parseRepresentation(representation);
    const address = parseObjectAddress(given, regions);
    authorizeDownload(context.grants, address);
    return toObjectReference(
      given.region === undefined ? await context.discoverRegion(address) : context.applyKnownRegion(address),
    );
  });
}

interface Representation {
  readonly bucket: string;
  readonly key: string;
  readonly region: string | undefined;
}

function parseRepresentation(value: unknown): Representation {
  const { __typename: typeName, bucket, key, region } = Object(value) as Record<string, unknown>;
  if (typeName !== S3Object.name) {
    const given =
      typeof typeName === "string" ? `this one is of the type ${quoted(typeName)}` : "this one has none";
    throw badUserInput(
      "__typename",
      `The __typename of a representation must be "${S3Object.name}", the only type that other subgraphs can refer to; ${given}.`,
    );
  }
  return {
    bucket: toText("bucket", bucket),
    key: toText("key", key),
    region: region === undefined || region === null ? undefined : toText("region", region),
  };
}

function toText(field: string, value: unknown): string {
  if (typeof value === "string") return value;
  const fault = value === undefined ? "and this one has none" : "and this one is not a string";
  throw badUserInput(field, `A representation of an ${S3Object.name} has a ${field}, ${fault}.`);
}
