import { Group, Text } from "@mantine/core";
import icon from "../icon.svg";

/** @param props.isShort shows only the picture on a phone */
export function Logo({ isShort = false }: { isShort?: boolean }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <img src={icon} alt="Valet Key" width={28} height={28} />
      <Text
        visibleFrom={isShort ? "sm" : undefined}
        aria-hidden
        fw={650}
        size="lg"
        component="span"
        style={{ whiteSpace: "nowrap" }}
      >
        Valet Key
      </Text>
    </Group>
  );
}
