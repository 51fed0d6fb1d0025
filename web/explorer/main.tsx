import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./explorer.css";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { createFetcher } from "./fetcher.ts";
import { Files, filesPlugin } from "./files.tsx";

const files = new Files();
const parameters = new URLSearchParams(location.search);
const sandbox = new URLSearchParams(parameters);
sandbox.set("explorer", "sandbox");

const defaultQuery = `# Valet Key: presigned URLs and uploads, on short-lived credentials.
#
# To upload a file, open "Files" on the left and attach it to a variable.

{
  viewer {
    subject
    grants {
      bucket
      prefix
      actions
    }
  }
}
`;

const root = document.getElementById("explorer");
if (root === null) throw new Error("The page has no element for the explorer.");
createRoot(root).render(
  <GraphiQL
    fetcher={createFetcher(location.pathname, files)}
    defaultQuery={defaultQuery}
    initialQuery={parameters.get("query") ?? undefined}
    initialVariables={parameters.get("variables") ?? undefined}
    plugins={[HISTORY_PLUGIN, filesPlugin(files)]}
  >
    <GraphiQL.Logo>
      <span className="explorer-logo">
        Valet Key <a href={`?${sandbox}`}>Use Apollo Sandbox</a>
      </span>
    </GraphiQL.Logo>
  </GraphiQL>,
);
