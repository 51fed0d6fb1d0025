import { Table } from "@mantine/core";
import type { ObjectDetails } from "@valetkey/client";
import { formatBytes, formatMoment } from "../format/quantities.ts";

export function DetailsTable({ details }: { details: ObjectDetails }) {
  const { bucket, key, region, size, contentType, etag, lastModified, versionId, metadata, tags } = details;
  const rows: [string, string | undefined][] = [
    ["Size", size < 1000 ? formatBytes(size) : `${formatBytes(size)} (${size.toLocaleString("en")} bytes)`],
    ["Type", contentType],
    ["Last modified", lastModified === undefined ? undefined : formatMoment(lastModified)],
    ["Bucket", bucket],
    ["Key", key],
    ["Region", region],
    ["ETag", etag],
    ["Version", versionId],
    ["Storage class", details.storageClass],
    ["Cache", details.cacheControl],
    ["Disposition", details.contentDisposition],
    ...Object.entries(metadata).map(([name, value]): [string, string] => [`Metadata: ${name}`, value]),
    ...Object.entries(tags).map(([name, value]): [string, string] => [`Tag: ${name}`, value]),
  ];
  return (
    <Table aria-label="Details" layout="fixed" withRowBorders={false} verticalSpacing={4}>
      <Table.Tbody>
        {rows.map(
          ([name, value]) =>
            value !== undefined && (
              <Table.Tr key={name}>
                <Table.Th w={150} className="file-name" c="dimmed" fw={500} scope="row">
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
