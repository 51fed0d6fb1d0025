import { pino } from "pino";
import { type Config, loadConfig } from "../../app/config/config.ts";
import { ConfigError } from "../../app/config/config-error.ts";
import { type InitialAccess, readInitialAccess } from "../../app/initial-access.ts";
import type { Finding, Findings } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration and the access file as the server does at its start. */
export async function* checkConfiguration(
  environment: Environment,
): Findings<(InitialAccess & { readonly config: Config }) | undefined> {
  const warnings: string[] = [];
  const log = pino(
    { level: "warn" },
    { write: (line: string) => warnings.push(String(JSON.parse(line).msg)) },
  );
  try {
    const given = loadConfig(environment);
    const access = await readInitialAccess(given, log);
    for (const saw of [...access.config.warnings, ...warnings]) {
      yield { check: "configuration", verdict: "warning", saw };
    }
    if (!access.config.production) {
      yield {
        check: "configuration",
        verdict: "warning",
        saw: "NODE_ENV is not production.",
        means:
          "Errors show names of the schema, introspection is on, and the explorer and the web client are served.",
        mend: "set NODE_ENV=production where strangers can reach the server.",
      };
    }
    yield describe(access);
    return access;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const saw of error.message.split("\n")) {
      yield {
        check: "configuration",
        verdict: "fault",
        saw,
        means: "The server does not start.",
        mend: "docs/configuration.md says what each variable takes.",
      };
    }
    return undefined;
  }
}

function describe({ config, grants, buckets }: InitialAccess): Finding {
  const granted = new Set(grants.rules.map(({ bucket }) => bucket)).size;
  const file = config.accessFile ?? "the embedded store's grants";
  const saw = `${file}. Grants: ${grants.rules.length}. Buckets with grants: ${granted}. Buckets with settings: ${buckets.all().size}.`;
  return { check: "configuration", verdict: "ok", saw };
}
