import { Anchor, Breadcrumbs as Crumbs, Text } from "@mantine/core";
import { can } from "../session/permissions.ts";
import { useSession } from "../session/session-context.ts";

interface BreadcrumbsProps {
  readonly bucket: string;
  readonly prefix: string;
  open(prefix: string): void;
}

/** The way to a folder. Folders that the user may not list are plain text. */
export function Breadcrumbs({ bucket, prefix, open }: BreadcrumbsProps) {
  const { viewer } = useSession();
  const names = prefix.split("/").slice(0, -1);
  const crumbs = [bucket, ...names].map((name, index) => ({
    name: name || "(no name)",
    prefix: names
      .slice(0, index)
      .map((each) => `${each}/`)
      .join(""),
  }));
  return (
    <nav aria-label="Folders above">
      <Crumbs separator="/" separatorMargin={6} styles={{ root: { flexWrap: "wrap" } }}>
        {crumbs.map(({ name, prefix: target }, index) => {
          const isCurrent = index === crumbs.length - 1;
          if (!isCurrent && can(viewer, "LIST", bucket, target)) {
            return (
              <Anchor
                key={target}
                component="button"
                type="button"
                className="file-name"
                onClick={() => open(target)}
              >
                {name}
              </Anchor>
            );
          }
          return (
            <Text
              key={target}
              component="span"
              className="crumb"
              fw={isCurrent ? 600 : 400}
              aria-current={isCurrent ? "page" : undefined}
            >
              {name}
            </Text>
          );
        })}
      </Crumbs>
    </nav>
  );
}
