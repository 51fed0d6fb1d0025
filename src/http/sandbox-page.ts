const scriptOrigin = "https://embeddable-sandbox.cdn.apollographql.com";
const scriptUrl = `${scriptOrigin}/_latest/embeddable-sandbox.umd.production.min.js`;
/** A network without internet access may drop packets instead of refusing connections. */
const maxLoadMs = 5000;

/** What the page of Apollo Sandbox may load. Sandbox itself runs in a frame of its own origin. */
export function sandboxPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${scriptOrigin}`,
    `style-src 'nonce-${nonce}'`,
    "frame-src https://sandbox.embed.apollographql.com",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** A page with Apollo Sandbox, without its telemetry. If Sandbox cannot be loaded, the page opens GraphiQL. */
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
      nav { padding: 4px 12px; }
      #sandbox { flex: 1; }
      iframe { width: 100%; height: 100%; border: none; }
    </style>
  </head>
  <body>
    <nav>Valet Key: Apollo Sandbox · <a href="/graphql?explorer=graphiql">Use GraphiQL instead</a></nav>
    <div id="sandbox"></div>
    <script nonce="${nonce}">
      const useGraphiQL = () => location.replace("/graphql?explorer=graphiql");
      const timer = setTimeout(useGraphiQL, ${maxLoadMs});
      const script = document.createElement("script");
      script.src = ${JSON.stringify(scriptUrl)};
      script.onerror = useGraphiQL;
      script.onload = () => {
        clearTimeout(timer);
        new window.EmbeddedSandbox({
          target: "#sandbox",
          initialEndpoint: new URL("/graphql", location.href).href,
          endpointIsEditable: false,
          runTelemetry: false,
          allowDynamicStyles: false,
        });
      };
      document.head.append(script);
    </script>
  </body>
</html>
`;
}
