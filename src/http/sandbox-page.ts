const scriptOrigin = "https://embeddable-sandbox.cdn.apollographql.com";
const scriptUrl = `${scriptOrigin}/_latest/embeddable-sandbox.umd.production.min.js`;
const frameOrigin = "https://sandbox.embed.apollographql.com";
/** A network without internet access may drop packets instead of refusing connections. */
const maxScriptMs = 5000;
/** From then on until the frame sends its first message. If it is blocked, the page gets no event. */
const maxFrameMs = 10_000;

/** What the page of Apollo Sandbox may load. Sandbox itself runs in a frame of its own origin. */
export function sandboxPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${scriptOrigin}`,
    `style-src 'nonce-${nonce}'`,
    "img-src data:",
    `frame-src ${frameOrigin}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/**
 * A page with Apollo Sandbox, without its telemetry. If Sandbox cannot be loaded, the page opens GraphiQL, or says so
 * to a user who has asked for Sandbox.
 */
export function sandboxPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Valet Key: Apollo Sandbox</title>
    <link rel="icon" href="data:,">
    <style nonce="${nonce}">
      html, body { height: 100%; margin: 0; }
      body { display: flex; flex-direction: column; font: 14px system-ui, sans-serif; }
      nav, p { margin: 0; padding: 4px 12px; }
      #sandbox { flex: 1; }
      iframe { width: 100%; height: 100%; border: none; }
    </style>
  </head>
  <body>
    <nav>Valet Key: Apollo Sandbox · <a id="graphiql" href="?explorer=graphiql">Use GraphiQL instead</a></nav>
    <p id="failure" role="alert" hidden>Apollo Sandbox could not be loaded from ${scriptOrigin} and ${frameOrigin}.</p>
    <div id="sandbox"></div>
    <script nonce="${nonce}">${script}</script>
  </body>
</html>
`;
}

const script = `
      const parameters = new URLSearchParams(location.search);
      const isAskedFor = parameters.get("explorer") === "sandbox";
      parameters.set("explorer", "graphiql");
      const graphiql = document.getElementById("graphiql");
      graphiql.href = "?" + parameters;

      function giveUp() {
        clearTimeout(timer);
        if (isAskedFor) document.getElementById("failure").hidden = false;
        else location.replace(graphiql.href);
      }

      function readVariables() {
        try {
          return JSON.parse(parameters.get("variables"));
        } catch {
          return undefined;
        }
      }

      function openSandbox() {
        clearTimeout(timer);
        // A proxy may respond with a page of its own.
        if (window.EmbeddedSandbox === undefined) return giveUp();
        timer = setTimeout(giveUp, ${maxFrameMs});
        addEventListener("message", ({ origin }) => {
          if (origin === ${JSON.stringify(frameOrigin)}) clearTimeout(timer);
        });
        new window.EmbeddedSandbox({
          target: "#sandbox",
          initialEndpoint: location.origin + location.pathname,
          initialState: {
            document: parameters.get("query") ?? undefined,
            variables: readVariables() ?? undefined,
          },
          endpointIsEditable: false,
          runTelemetry: false,
          allowDynamicStyles: false,
          // The server accepts forms, which upload files, only with this header.
          handleRequest: (url, options) =>
            fetch(url, { ...options, headers: { ...options.headers, "apollo-require-preflight": "true" } }),
        });
      }

      let timer = setTimeout(giveUp, ${maxScriptMs});
      const embed = document.createElement("script");
      embed.src = ${JSON.stringify(scriptUrl)};
      embed.onerror = giveUp;
      embed.onload = openSandbox;
      document.head.append(embed);
    `;
