import type { FieldFunctionOptions, FieldPolicy } from "@apollo/client/cache";
import type { Reference, StoreObject } from "@apollo/client/utilities";

/** A page as the cache holds it. A query may have selected only some of its fields. */
interface Page extends StoreObject {
  readonly nodes?: readonly (Reference | StoreObject)[];
  readonly edges?: readonly StoreObject[];
  readonly folders?: readonly string[];
  readonly pageInfo?: StoreObject;
}

/** The pages that have been fetched, in order. Each starts where the one before it ends. */
interface Pages {
  readonly pages: readonly { readonly after: string | undefined; readonly page: Page }[];
}

/**
 * A connection whose pages are fetched with `first` and `after`. `fetchMore` appends a page, and a query without `after`
 * reads all pages as one and, if it asks the server, starts again with the first one. A query with `after` reads that
 * page only.
 */
export function paginated(keyArgs: string[]): FieldPolicy<Pages, Page, Page> {
  return {
    keyArgs,
    read(existing, options) {
      if (existing === undefined) return undefined;
      const after = afterOf(options);
      const { pages } = existing as Pages;
      const index = pages.findIndex((each) => each.after === after);
      if (index === -1) return undefined;
      const wanted = after === undefined ? pages : pages.slice(index, index + 1);
      return join(
        wanted.map(({ page }) => page),
        options,
      );
    },
    merge(existing, incoming, options) {
      const after = afterOf(options);
      const pages = existing === undefined ? [] : (existing as Pages).pages;
      const index = pages.findIndex((each) => each.after === after);
      // The same page, again or with other fields.
      if (index !== -1)
        return { pages: [...pages.slice(0, index), { after, page: update(pages[index]?.page, incoming) }] };
      const page = { after, page: incoming as Page };
      return { pages: continues(pages, after, options) ? [...pages, page] : [page] };
    },
  };
}

function afterOf({ args }: FieldFunctionOptions): string | undefined {
  return args?.after ?? undefined;
}

function update(existing: Page | undefined, incoming: Page): Page {
  return { ...existing, ...incoming, pageInfo: { ...existing?.pageInfo, ...incoming.pageInfo } };
}

/** Whether the page after this cursor is the one after the last page. If no cursor was selected, it is taken to be. */
function continues(
  pages: Pages["pages"],
  after: string | undefined,
  { readField }: FieldFunctionOptions,
): boolean {
  const last = pages.at(-1)?.page;
  if (last === undefined || after === undefined) return false;
  const endCursor = readField("endCursor", last.pageInfo);
  return endCursor === undefined || endCursor === after;
}

/** Fields that a page does not have are missing in the result, so that the query asks the server. */
function join(pages: readonly Page[], { readField, canRead }: FieldFunctionOptions): Page {
  const joined: Record<string, unknown> = { ...pages.at(-1) };
  for (const name of ["nodes", "edges", "folders"] as const)
    if (pages.every((page) => page[name] !== undefined))
      joined[name] = pages.flatMap((page) => page[name] as readonly unknown[]);
    else delete joined[name];
  // Apollo Client itself leaves out nodes that were evicted, but not the edges to them.
  const edges = joined.edges as readonly StoreObject[] | undefined;
  if (edges !== undefined)
    joined.edges = edges.filter((edge) => !("node" in edge) || canRead(readField("node", edge)));
  const { hasPreviousPage, startCursor } = pages[0]?.pageInfo ?? {};
  joined.pageInfo = { ...(joined.pageInfo as StoreObject), hasPreviousPage, startCursor };
  return joined as Page;
}
