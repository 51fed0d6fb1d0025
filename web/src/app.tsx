import { Center, Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { explain } from "./errors/explain.ts";
import { Problem } from "./errors/problem.tsx";
import { FilesPage } from "./page/files-page.tsx";
import { SessionContext } from "./session/session-context.ts";
import { SignInPage } from "./session/sign-in-page.tsx";
import { useSignIn } from "./session/use-sign-in.ts";
import { fetchWebConfig, type WebConfig } from "./session/web-config.ts";

export function App() {
  const [config, setConfig] = useState<WebConfig>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    fetchWebConfig().then(setConfig, setError);
  }, []);
  if (config !== undefined) return <ConfiguredApp config={config} />;
  return (
    <Center mih="100dvh" p="md" component="main">
      {error === undefined ? (
        <Loader aria-label="Loading" />
      ) : (
        <Problem
          title="The server cannot be reached"
          message={explain(error)}
          retry={() => location.reload()}
        />
      )}
    </Center>
  );
}

function ConfiguredApp({ config }: { config: WebConfig }) {
  const { session, ...signIn } = useSignIn(config);
  if (session === undefined) return <SignInPage config={config} {...signIn} />;
  return (
    <SessionContext value={session}>
      <FilesPage />
    </SessionContext>
  );
}
