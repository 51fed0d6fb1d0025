import { printPublicSchema } from "./graphql/schema.ts";

process.stdout.write(await printPublicSchema());
