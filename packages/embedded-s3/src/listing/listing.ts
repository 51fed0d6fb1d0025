import { compareUtf8, firstIndex } from "../core/sorted-by-key.ts";

export interface ListingRequest {
  readonly prefix: string;
  /** "" means none. */
  readonly delimiter: string;
  /** The page begins after this key or common prefix. */
  readonly after: string;
  readonly maxItems: number;
}

/** An entry of a listing: an object, or a version or upload of a key. */
export interface ListedItem {
  readonly key: string;
}

export interface Listing<Item extends ListedItem> {
  readonly items: readonly Item[];
  readonly commonPrefixes: readonly string[];
  /** The last entry of the page, if there is another page. */
  readonly next: Item | CommonPrefix | undefined;
}

export interface CommonPrefix extends ListedItem {
  readonly isCommonPrefix: true;
}

/**
 * One page of a listing.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 * @param sorted by key in the order of UTF-8
 * @param from the index to start at, if `after` does not determine it
 */
export function listPage<Item extends ListedItem>(
  sorted: readonly Item[],
  question: ListingRequest,
  from = firstIndex(sorted, ({ key }) => compareUtf8(key, question.after) > 0),
): Listing<Item> {
  const { prefix, after, maxItems } = question;
  const items: Item[] = [];
  const commonPrefixes: string[] = [];
  let last: Item | CommonPrefix | undefined;
  let index = firstIndex(sorted, ({ key }) => compareUtf8(key, prefix) >= 0, from);
  for (;;) {
    const item = sorted[index];
    if (item === undefined || !item.key.startsWith(prefix)) return { items, commonPrefixes, next: undefined };
    const commonPrefix = commonPrefixOf(item.key, question);
    const isOfEarlierPage = commonPrefix !== undefined && commonPrefix === after;
    if (!isOfEarlierPage) {
      if (items.length + commonPrefixes.length === maxItems) return { items, commonPrefixes, next: last };
      if (commonPrefix === undefined) {
        items.push(item);
        last = item;
      } else {
        commonPrefixes.push(commonPrefix);
        last = { key: commonPrefix, isCommonPrefix: true };
      }
    }
    index =
      commonPrefix === undefined
        ? index + 1
        : firstIndex(sorted, ({ key }) => !key.startsWith(commonPrefix), index);
  }
}

function commonPrefixOf(key: string, { prefix, delimiter }: ListingRequest): string | undefined {
  if (delimiter === "") return undefined;
  const index = key.indexOf(delimiter, prefix.length);
  return index === -1 ? undefined : key.slice(0, index + delimiter.length);
}
