import { compareUtf8, firstIndex } from "./sorted-keys.ts";

export interface ListingQuestion {
  readonly prefix: string;
  /** "" means none. */
  readonly delimiter: string;
  /** Only what comes after this key, or this common prefix. */
  readonly after: string;
  readonly maxItems: number;
}

export interface Listing {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** The last key or common prefix of a page that is not the last: the next page's `after`. */
  readonly next: string | undefined;
}

/**
 * One page of a listing.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
 * @param sorted in the order of UTF-8, without duplicates
 * @param isVisible which of them count
 */
export function listPage(
  sorted: readonly string[],
  question: ListingQuestion,
  isVisible: (key: string) => boolean = () => true,
): Listing {
  const { prefix, after, maxItems } = question;
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  let index = firstIndex(sorted, (key) => compareUtf8(key, prefix) >= 0 && compareUtf8(key, after) > 0);
  while (index < sorted.length) {
    const key = sorted[index];
    if (key === undefined || !key.startsWith(prefix)) break;
    const commonPrefix = commonPrefixOf(key, question);
    if (!isVisible(key) || commonPrefix === after) {
      index++;
      continue;
    }
    if (keys.length + commonPrefixes.length === maxItems) return { keys, commonPrefixes, next: last };
    if (commonPrefix === undefined) {
      keys.push(key);
      last = key;
      index++;
      continue;
    }
    commonPrefixes.push(commonPrefix);
    last = commonPrefix;
    index = firstIndex(sorted, (other) => !other.startsWith(commonPrefix), index);
  }
  return { keys, commonPrefixes, next: undefined };
}

function commonPrefixOf(key: string, { prefix, delimiter }: ListingQuestion): string | undefined {
  if (delimiter === "") return undefined;
  const index = key.indexOf(delimiter, prefix.length);
  return index === -1 ? undefined : key.slice(0, index + delimiter.length);
}
