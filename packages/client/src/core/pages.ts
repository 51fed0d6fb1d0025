import { incompleteResponse } from "./errors.ts";

interface Page {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | undefined };
}

/**
 * All pages of a list, each fetched when it is needed.
 *
 * @param fetch takes the cursor after which the page begins
 * @throws {ValetKeyError} NETWORK if a page does not say where the next one begins
 */
export async function* pages<Result extends Page>(
  fetch: (after: string | undefined) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  let after: string | undefined;
  for (;;) {
    const page = await fetch(after);
    yield page;
    const { hasNextPage, endCursor } = page.pageInfo;
    if (!hasNextPage) return;
    if (endCursor === after) throw incompleteResponse();
    after = endCursor;
  }
}
