import { Field } from "type-graphql";
import { type Page, type PageInfo, toPageInfo } from "./page-info.ts";

/**
 * The argument `prefix` of a list. A caller's grant for the action has to cover all of the prefix.
 * @param items the subject of "… start with this prefix", such as `objects whose keys`
 */
export const PrefixArgument = (items: string, action: "LIST" | "UPLOAD") =>
  Field(() => String, {
    nullable: true,
    defaultValue: "",
    description: `Only ${items} start with this prefix are listed. A grant for \`${action}\` must cover all of it; a wider prefix is \`FORBIDDEN\`.`,
  });

interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

interface Connection<Node> {
  readonly edges: Edge<Node>[];
  readonly nodes: Node[];
  readonly pageInfo: PageInfo;
}

/**
 * A page of a list as a connection of the schema.
 *
 * @param after the cursor that the page starts after
 */
export function toConnection<Item extends { readonly cursor: string }, Node>(
  page: Page & { readonly items: readonly Item[] },
  after: string | null | undefined,
  toNode: (item: Item) => Node,
): Connection<Node> {
  const edges = page.items.map((item) => ({ cursor: item.cursor, node: toNode(item) }));
  return { edges, nodes: edges.map(({ node }) => node), pageInfo: toPageInfo(page, edges, after) };
}
