/** Compares by the bytes of UTF-8, which is the order of S3's listings. JavaScript's own order (UTF-16) differs above U+D7FF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const unitOfA = a.charCodeAt(index);
    const unitOfB = b.charCodeAt(index);
    if (unitOfA !== unitOfB) return rank(unitOfA) - rank(unitOfB);
  }
  return a.length - b.length;
}

/** Surrogates encode code points above those of every other unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Items sorted by key in the order of UTF-8. */
export class SortedByKey<Item extends { readonly key: string }> {
  readonly #items: Item[];

  constructor(items: Iterable<Item> = []) {
    this.#items = [...items].sort((a, b) => compareUtf8(a.key, b.key));
  }

  get all(): readonly Item[] {
    return this.#items;
  }

  /** Adds the item, or replaces the one with the same key. */
  set(item: Item): void {
    const index = this.#indexOf(item.key);
    this.#items.splice(index, this.#items[index]?.key === item.key ? 1 : 0, item);
  }

  delete(key: string): void {
    const index = this.#indexOf(key);
    if (this.#items[index]?.key === key) this.#items.splice(index, 1);
  }

  #indexOf(key: string): number {
    return firstIndex(this.#items, (item) => compareUtf8(item.key, key) >= 0);
  }
}

/** Binary search: the first index whose item satisfies `holds`, or the length. All later items must satisfy it too. */
export function firstIndex<Item>(items: readonly Item[], holds: (item: Item) => boolean, from = 0): number {
  let low = from;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
