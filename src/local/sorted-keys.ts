/** The order of S3's listings: by the bytes of UTF-8, which JavaScript's own (UTF-16) differs from above U+D7FF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const unitOfA = a.charCodeAt(index);
    const unitOfB = b.charCodeAt(index);
    if (unitOfA !== unitOfB) return rank(unitOfA) - rank(unitOfB);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above every unit that is not one. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** A set of keys in the order of UTF-8. */
export class SortedKeys {
  readonly #keys: string[];

  constructor(keys: Iterable<string> = []) {
    this.#keys = [...keys].sort(compareUtf8);
  }

  get all(): readonly string[] {
    return this.#keys;
  }

  add(key: string): void {
    const index = firstIndex(this.#keys, (other) => compareUtf8(other, key) >= 0);
    if (this.#keys[index] !== key) this.#keys.splice(index, 0, key);
  }

  delete(key: string): void {
    const index = firstIndex(this.#keys, (other) => compareUtf8(other, key) >= 0);
    if (this.#keys[index] === key) this.#keys.splice(index, 1);
  }
}

/** The first index whose item `holds`, in a list where it holds from some item on; else the length. */
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
