import { z } from "zod";
import { variables } from "./variables/variables.ts";

type Schemas = { [Name in keyof typeof variables]: (typeof variables)[Name]["schema"] };

export const environmentSchema = z.object(
  Object.fromEntries(Object.entries(variables).map(([name, { schema }]) => [name, schema])) as Schemas,
);

/** The parsed variables, with their defaults. */
export type Values = z.infer<typeof environmentSchema>;
