import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from "graphql";
import { operationRefused } from "./operation-refused.ts";

interface Extent {
  readonly count: number;
  readonly depth: number;
}

/**
 * Measures a document with its fragments expanded. A chain of fragments that each use the next one many times grows
 * exponentially, so each fragment is measured once, and its counts are added wherever it is used.
 */
export class ExpandedFields {
  /**
   * The fields and the uses of fragments, over all operations and fragments. Uses count because fragments that use others
   * twice double at each level, even if no field is below them.
   */
  readonly count: number;
  /** The depth of nested selection sets. */
  readonly depth: number;
  readonly #roots: readonly SelectionSetNode[];
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #extents = new Map<string, Extent>();
  /** The fragments that are being measured. */
  readonly #measuring = new Set<string>();

  /** @throws {GraphQLError} BAD_USER_INPUT for a fragment that uses itself */
  constructor(document: DocumentNode) {
    const roots: SelectionSetNode[] = [];
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        this.#fragments.set(definition.name.value, definition);
      }
      if ("selectionSet" in definition) roots.push(definition.selectionSet);
    }
    this.#roots = roots;
    const extents = roots.map((root) => this.#extentOf(root));
    this.count = extents.reduce((total, { count }) => total + count, 0);
    this.depth = Math.max(0, ...extents.map(({ depth }) => depth));
  }

  #extentOf({ selections }: SelectionSetNode): Extent {
    let count = 0;
    let depth = 0;
    for (const selection of selections) {
      count += 1;
      const within =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? this.#extentOfFragment(selection.name.value)
          : selection.selectionSet && this.#extentOf(selection.selectionSet);
      if (within === undefined) continue;
      count += within.count;
      depth = Math.max(depth, within.depth);
    }
    return { count, depth: depth + 1 };
  }

  #extentOfFragment(name: string): Extent {
    const known = this.#extents.get(name);
    if (known !== undefined) return known;
    if (this.#measuring.has(name)) {
      throw operationRefused(`The fragment "${name}" uses itself: take it out of its own selection set.`);
    }
    this.#measuring.add(name);
    const fragment = this.#fragments.get(name);
    const extent = fragment ? this.#extentOf(fragment.selectionSet) : { count: 0, depth: 0 };
    this.#measuring.delete(name);
    this.#extents.set(name, extent);
    return extent;
  }

  /**
   * The number of pairs of fields that have the same place in the response. The time that it takes grows with `count`,
   * which has to be limited before.
   */
  equalFieldPairs(): number {
    return this.#roots.reduce((total, root) => total + this.#equalPairsIn([root]), 0);
  }

  /** @param sets the selection sets of fields that have the same place */
  #equalPairsIn(sets: readonly SelectionSetNode[]): number {
    const byName = new Map<string, FieldNode[]>();
    for (const set of sets) this.#collect(set, byName);
    let pairs = 0;
    for (const fields of byName.values()) {
      pairs += fields.length * (fields.length - 1);
      const below = fields.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (below.length > 0) pairs += this.#equalPairsIn(below);
    }
    return pairs;
  }

  #collect({ selections }: SelectionSetNode, byName: Map<string, FieldNode[]>): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const fields = byName.get(name);
        if (fields === undefined) byName.set(name, [selection]);
        else fields.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#collect(selection.selectionSet, byName);
      } else {
        const fragment = this.#fragments.get(selection.name.value);
        if (fragment !== undefined) this.#collect(fragment.selectionSet, byName);
      }
    }
  }
}
