import {
  Alert,
  Button,
  CopyButton,
  Group,
  Loader,
  Modal,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { SignedUrl } from "@valetkey/client";
import { useEffect, useState } from "react";
import { explain } from "../errors/explain.ts";
import type { Entry } from "../folder/entry.ts";
import { formatDuration } from "../format/quantities.ts";
import { useSession } from "../session/session-context.ts";

const lives = [
  { value: "", label: "as long as usual" },
  { value: "300", label: "5 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "43200", label: "12 hours" },
];

/** A link to one file, and how long it still works. */
export function LinkDialog({ object, close }: { object: Entry; close(): void }) {
  const [seconds, setSeconds] = useState("");
  const { signed, error } = useLink(object, seconds);
  const left = useSecondsLeft(signed?.expiresAt);
  return (
    <Modal
      opened
      onClose={close}
      title={`Link to “${object.name}”`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="sm">
        <Text size="sm">Anyone who has the link can download the file, until it expires.</Text>
        <Select
          label="The link works for"
          data={lives}
          value={seconds}
          allowDeselect={false}
          onChange={(value) => setSeconds(value ?? "")}
        />
        {error !== undefined && (
          <Alert color="red" variant="outline" role="alert">
            {explain(error)}
          </Alert>
        )}
        {signed === undefined && error === undefined && <Loader size="sm" aria-label="Making the link" />}
        {signed !== undefined && (
          <>
            <TextInput
              label="Link"
              readOnly
              value={signed.url}
              onFocus={(event) => event.currentTarget.select()}
            />
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                {left > 0 ? `It works for another ${formatDuration(left)}.` : "It has expired."}
              </Text>
              <CopyButton value={signed.url} timeout={2000}>
                {({ copied, copy }) => (
                  <Button
                    data-autofocus
                    color={copied ? "teal" : undefined}
                    variant={copied ? "outline" : "filled"}
                    leftSection={
                      copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />
                    }
                    onClick={copy}
                  >
                    <span role="status">{copied ? "Copied" : "Copy"}</span>
                  </Button>
                )}
              </CopyButton>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}

function useLink({ bucket, key }: Entry, seconds: string): { signed: SignedUrl | undefined; error: unknown } {
  const { client } = useSession();
  const [result, setResult] = useState<{ signed?: SignedUrl; error?: unknown }>({});
  useEffect(() => {
    let isCurrent = true;
    setResult({});
    client.downloadUrl({ bucket, key }, seconds === "" ? {} : { expiresIn: Number(seconds) }).then(
      (signed) => isCurrent && setResult({ signed }),
      (error) => isCurrent && setResult({ error }),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, bucket, key, seconds]);
  return { signed: result.signed, error: result.error };
}

function useSecondsLeft(expiresAt: Date | undefined): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return expiresAt === undefined ? 0 : (expiresAt.getTime() - now) / 1000;
}
