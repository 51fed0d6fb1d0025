import { Table } from "@mantine/core";
import type { StoredObject } from "@valetkey/client";
import { formatBytes, formatMoment } from "../format/quantities.ts";

export function DetailsTable({ details }: { details: StoredObject }) {
  const { bucket, key, region, size, contentType, etag, lastModified, versionId } = details;
  const rows: [string, string | undefined][] = [
    ["Size", size < 1000 ? formatBytes(size) : `${formatBytes(size)} (${size.toLocaleString("en")} bytes)`],
    ["Type", contentType],
    ["Last modified", lastModified === undefined ? undefined : formatMoment(lastModified)],
    ["Bucket", bucket],
    ["Key", key],
    ["Region", region],
    ["ETag", etag],
    ["Version", versionId],
  ];
  return (
    <Table aria-label="Details" layout="fixed" withRowBorders={false} verticalSpacing={4}>
      <Table.Tbody>
        {rows.map(
          ([name, value]) =>
            value !== undefined && (
              <Table.Tr key={name}>
                <Table.Th w={130} c="dimmed" fw={500} scope="row">
                  {name}
                </Table.Th>
                <Table.Td className="file-name">{value}</Table.Td>
              </Table.Tr>
            ),
        )}
      </Table.Tbody>
    </Table>
  );
}
