import { Alert } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconWifiOff } from "@tabler/icons-react";

/** Shown while the browser has no network. */
export function OfflineBanner() {
  const { online } = useNetwork();
  return (
    <div role="status">
      {!online && (
        <Alert color="orange" variant="outline" icon={<IconWifiOff aria-hidden />} title="You are offline">
          Uploads wait, and continue when the connection is back.
        </Alert>
      )}
    </div>
  );
}
