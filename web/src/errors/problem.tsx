import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface ProblemProps {
  readonly title: string;
  readonly message: string;
  readonly retry?: (() => void) | undefined;
  readonly children?: ReactNode;
}

/** What went wrong, and what the user can do about it. */
export function Problem({ title, message, retry, children }: ProblemProps) {
  return (
    <Alert color="red" title={title} icon={<IconAlertTriangle aria-hidden />} role="alert" variant="outline">
      <Text size="sm">{message}</Text>
      {(retry !== undefined || children !== undefined) && (
        <Group mt="sm" gap="xs">
          {retry !== undefined && (
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {children}
        </Group>
      )}
    </Alert>
  );
}
