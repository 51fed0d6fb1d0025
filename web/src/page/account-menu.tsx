import { Badge, Button, Group, Modal, Popover, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUserCircle } from "@tabler/icons-react";
import { useSession } from "../session/session-context.ts";

/** Who the user is, and what the user may do. */
export function AccountMenu() {
  const { viewer, signOut } = useSession();
  const [isOpen, popover] = useDisclosure(false);
  const [isGrantsOpen, grants] = useDisclosure(false);
  const name = viewer.subject ?? "nobody";
  return (
    <>
      <Popover
        position="bottom-end"
        shadow="md"
        withArrow
        trapFocus
        opened={isOpen}
        onChange={(open) => (open ? popover.open() : popover.close())}
      >
        <Popover.Target>
          <Button
            variant="subtle"
            color="gray"
            px={8}
            aria-label={`Your account: ${name}`}
            onClick={popover.toggle}
          >
            <IconUserCircle size={22} aria-hidden />
            <Text span inherit truncate ml={6} maw={140} visibleFrom="xs">
              {name}
            </Text>
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="xs">
            <Text size="sm">
              {viewer.authenticated ? (
                <>
                  You are signed in as <b>{name}</b>.
                </>
              ) : (
                "You are using Valet Key without a token."
              )}
            </Text>
            <Button
              variant="default"
              onClick={() => {
                popover.close();
                grants.open();
              }}
            >
              What may I do?
            </Button>
            <Button onClick={() => signOut()}>{viewer.authenticated ? "Sign out" : "Sign in"}</Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <Modal
        opened={isGrantsOpen}
        onClose={grants.close}
        title="What you may do"
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <GrantTable />
      </Modal>
    </>
  );
}

const verbs: Readonly<Record<string, string>> = {
  DOWNLOAD: "download",
  UPLOAD: "upload",
  LIST: "list",
  DELETE: "delete",
  CREDENTIALS: "request credentials",
};

function GrantTable() {
  const { grants } = useSession().viewer;
  if (grants.length === 0) return <Text>No grant of this server is for you.</Text>;
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Where</Table.Th>
            <Table.Th>You may</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {grants.map(({ bucket, prefix, actions }) => (
            <Table.Tr key={`${bucket}/${prefix}/${actions.join()}`}>
              <Table.Td className="file-name">
                {bucket}/{prefix}
              </Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {actions.map((action) => (
                    <Badge key={action} variant="default" tt="none" fw={500}>
                      {verbs[action] ?? action.toLowerCase()}
                    </Badge>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
