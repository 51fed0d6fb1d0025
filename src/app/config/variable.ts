import type { z } from "zod";

/** The variable's default and description, as docs/configuration.md shows them. */
interface Documentation {
  readonly shownDefault: string;
  readonly description: string;
}

interface Variable<Schema extends z.ZodType> extends Documentation {
  readonly schema: Schema;
}

export const variable = <Schema extends z.ZodType>(
  schema: Schema,
  shownDefault: string,
  description: string,
): Variable<Schema> => ({ schema, shownDefault, description });
