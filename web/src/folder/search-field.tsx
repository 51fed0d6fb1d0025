import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";

export function SearchField({ search, setSearch }: { search: string; setSearch(search: string): void }) {
  return (
    <TextInput
      flex="1 1 220px"
      maw={{ sm: 360 }}
      type="search"
      aria-label="Find names that start with"
      placeholder="Name starts with…"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={search}
      onChange={(event) => setSearch(event.currentTarget.value)}
    />
  );
}
