import {
  Alert,
  Button,
  Center,
  Divider,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { ColorSchemeSwitch } from "../page/color-scheme-switch.tsx";
import { Logo } from "../page/logo.tsx";
import type { Identity } from "./identity.ts";
import type { SignIn } from "./use-sign-in.ts";
import type { WebConfig } from "./web-config.ts";

type SignInPageProps = Omit<SignIn, "session"> & { readonly config: WebConfig };

export function SignInPage({ config, pending, message, signIn }: SignInPageProps) {
  const { developmentCallers } = config;
  return (
    <Center mih="100dvh" p="md" component="main" className="sign-in">
      <Paper withBorder shadow="sm" radius="lg" p="xl" w="min(420px, 100%)">
        <Stack gap="lg">
          <Group justify="space-between" align="center">
            <Logo />
            <ColorSchemeSwitch />
          </Group>
          <div>
            <Title order={1} size="h2">
              Sign in
            </Title>
            <Text c="dimmed" size="sm" mt={4}>
              Your token decides which files you may see and change.
            </Text>
          </div>
          {message !== undefined && (
            <Alert color="orange" variant="outline" icon={<IconInfoCircle aria-hidden />} role="alert">
              {message}
            </Alert>
          )}
          {developmentCallers.length > 0 && (
            <DevelopmentCallers callers={developmentCallers} pending={pending} signIn={signIn} />
          )}
          <TokenForm pending={pending} signIn={signIn} />
          {developmentCallers.length === 0 && (
            <Button
              variant="subtle"
              loading={pending?.kind === "anonymous"}
              onClick={() => signIn({ kind: "anonymous" })}
            >
              Continue without a token
            </Button>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}

type SignInChoice = Pick<SignIn, "pending" | "signIn">;

/** One click for each made-up caller of the development server, and for a caller without a token. */
function DevelopmentCallers({
  callers,
  pending,
  signIn,
}: SignInChoice & { readonly callers: readonly string[] }) {
  const choices: { name: string; identity: Identity }[] = [
    ...callers.map((subject) => ({ name: subject, identity: { kind: "development" as const, subject } })),
    { name: "nobody", identity: { kind: "anonymous" } },
  ];
  return (
    <Stack gap="xs">
      <Text size="sm" id="development-callers">
        This development server lets you try its grants as one of these callers:
      </Text>
      <Group gap="xs" grow role="group" aria-labelledby="development-callers">
        {choices.map(({ name, identity }) => (
          <Button
            key={name}
            px="xs"
            variant={identity.kind === "anonymous" ? "default" : "filled"}
            loading={pending !== undefined && nameOf(pending) === name}
            onClick={() => signIn(identity)}
          >
            {name}
          </Button>
        ))}
      </Group>
      <Divider label="or" mt="sm" />
    </Stack>
  );
}

function nameOf(identity: Identity): string {
  if (identity.kind === "development") return identity.subject;
  return identity.kind === "anonymous" ? "nobody" : "";
}

function TokenForm({ pending, signIn }: SignInChoice) {
  const [token, setToken] = useState("");
  function submit(event: FormEvent) {
    event.preventDefault();
    signIn({ kind: "token", token: token.trim().replace(/^Bearer +/i, "") });
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          label="Access token"
          description="A JWT of your identity provider. It is kept until you close this tab."
          placeholder="eyJ…"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="light"
          disabled={token.trim() === ""}
          loading={pending?.kind === "token"}
        >
          Sign in with the token
        </Button>
      </Stack>
    </form>
  );
}
