import { Button, Group, Paper, Progress, Text } from "@mantine/core";
import { useStore } from "./store.ts";
import { useWorkspace } from "./workspace.ts";

export function JobList() {
  const jobs = useStore(useWorkspace().jobs);
  return jobs.map(({ id, title, detail, fraction, cancel }) => (
    <Paper key={id} withBorder shadow="md" p="sm">
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
          {title}
        </Text>
        <Button size="compact-xs" variant="default" onClick={cancel} aria-label={`Cancel: ${title}`}>
          Cancel
        </Button>
      </Group>
      <Progress value={(fraction ?? 1) * 100} animated={fraction === undefined} mt="xs" aria-label={title} />
      <Text size="xs" c="dimmed" mt={4}>
        {detail || "Starting…"}
      </Text>
    </Paper>
  ));
}
