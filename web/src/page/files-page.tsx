import { AppShell, Button, Group, Stack } from "@mantine/core";
import { useEffect, useState } from "react";
import { JobList } from "../activity/job-list.tsx";
import { NoticeList } from "../activity/notice-list.tsx";
import { createWorkspace, WorkspaceContext } from "../activity/workspace.ts";
import { Problem } from "../errors/problem.tsx";
import { FolderPage } from "../folder/folder-page.tsx";
import { type Place, placesOf } from "../session/permissions.ts";
import { type Session, useSession } from "../session/session-context.ts";
import { ExistingFilesDialog } from "../uploads/existing-files-dialog.tsx";
import { UploadPanel } from "../uploads/upload-panel.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { formatAddress } from "./address.ts";
import { ColorSchemeSwitch } from "./color-scheme-switch.tsx";
import { Logo } from "./logo.tsx";
import { OfflineBanner } from "./offline-banner.tsx";
import { PlaceSelect } from "./place-select.tsx";
import { replaceAddress, useAddress } from "./use-address.ts";

/** Everything that a signed-in user sees. */
export function FilesPage() {
  const session = useSession();
  const [workspace] = useState(() => createWorkspace(session));
  useEffect(() => () => workspace.uploads.pauseAll(), [workspace]);
  const address = useAddress() ?? firstPlace(session);
  useDefaultAddress(address);
  return (
    <WorkspaceContext value={workspace}>
      <AppShell header={{ height: 60 }} padding="md">
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap" maw={1200} mx="auto">
            <Group gap="lg" wrap="nowrap" miw={0}>
              <Logo isShort />
              <PlaceSelect address={address} />
            </Group>
            <Group gap={4} wrap="nowrap">
              <ColorSchemeSwitch />
              <AccountMenu />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Main>
          <Stack maw={1168} mx="auto" pb={80} gap="xs">
            <OfflineBanner />
            {address === undefined ? (
              <NoGrants />
            ) : (
              <FolderPage key={`${address.bucket}/${address.prefix}`} {...address} />
            )}
          </Stack>
        </AppShell.Main>
      </AppShell>
      <NoticeList />
      <Stack className="corner" gap="xs">
        <JobList />
        <UploadPanel />
      </Stack>
      <ExistingFilesDialog />
    </WorkspaceContext>
  );
}

function firstPlace({ viewer, config }: Session): Place | undefined {
  const places = placesOf(viewer);
  return places.find(({ bucket }) => bucket === config.defaultBucket) ?? places[0];
}

/** Without an address, the URL gets the one that is shown, so that it can be shared. */
function useDefaultAddress(address: Place | undefined): void {
  useEffect(() => {
    if (location.hash === "" && address !== undefined) replaceAddress(address);
    document.title = address === undefined ? "Valet Key" : `${formatAddress(address).slice(2)} · Valet Key`;
  }, [address]);
}

function NoGrants() {
  const { signOut } = useSession();
  return (
    <Problem
      title="You may not see any files"
      message="No grant of this server is for you. Sign in as someone else, or ask the server's operator."
    >
      <Button size="xs" onClick={() => signOut()}>
        Sign in
      </Button>
    </Problem>
  );
}
