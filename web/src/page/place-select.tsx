import { Select } from "@mantine/core";
import { IconBucket } from "@tabler/icons-react";
import { type Place, placesOf } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";
import { goTo } from "./use-address.ts";

/** Switches between the buckets, or parts of them, that the user has grants for. */
export function PlaceSelect({ address }: { address: Place | undefined }) {
  const { viewer } = useSession();
  const places = placesOf(viewer);
  const current = places.find(
    ({ bucket, prefix }) => bucket === address?.bucket && address.prefix.startsWith(prefix),
  );
  return (
    <Select
      aria-label="Bucket"
      className="place-select"
      leftSection={<IconBucket size={18} aria-hidden />}
      data={places.map((place) => ({ value: idOf(place), label: labelOf(place) }))}
      value={current === undefined ? null : idOf(current)}
      placeholder={address?.bucket ?? "Bucket"}
      allowDeselect={false}
      onChange={(id) => {
        const place = places.find((each) => idOf(each) === id);
        if (place !== undefined) goTo(place);
      }}
    />
  );
}

function idOf({ bucket, prefix }: Place): string {
  return `${bucket}/${prefix}`;
}

function labelOf({ bucket, prefix }: Place): string {
  return prefix === "" ? bucket : `${bucket}/${prefix}`;
}
