import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from "graphql";
import { countNodes } from "./count-nodes.ts";
import { operationRefused } from "./operation-refused.ts";

/** How much longer the comparison of two fields takes if both have selection sets, measured with two names and no arguments. */
const selectionWeight = 4;
/** How much longer the comparison of two fragments takes. */
const spreadWeight = 2;

interface Extent {
  readonly count: number;
  readonly depth: number;
}

/** Everything that validation compares with each other. */
interface Place {
  /** By response name. */
  readonly fields: Map<string, FieldNode[]>;
  /** The uses of fragments. */
  spreads: number;
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
  readonly #weights = new Map<FieldNode, number>();
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
   * How much validation compares: each pair of fields that have the same place in the response, and each pair of fragments
   * that are used at the same place. The time that it takes grows with `count`, which has to be limited before.
   */
  comparisons(): number {
    return this.#roots.reduce((total, root) => total + this.#comparisonsIn([root]), 0);
  }

  /** @param sets the selection sets of fields that have the same place */
  #comparisonsIn(sets: readonly SelectionSetNode[]): number {
    const place: Place = { fields: new Map(), spreads: 0 };
    for (const set of sets) this.#collect(set, place);
    let total = spreadWeight * place.spreads * (place.spreads - 1);
    for (const fields of place.fields.values()) {
      if (fields.length > 1) {
        for (const field of fields) total += (fields.length - 1) * this.#weightOf(field);
      }
      const below = fields.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (below.length > 0) total += this.#comparisonsIn(below);
    }
    return total;
  }

  #collect({ selections }: SelectionSetNode, place: Place): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const fields = place.fields.get(name);
        if (fields === undefined) place.fields.set(name, [selection]);
        else fields.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#collect(selection.selectionSet, place);
      } else {
        place.spreads += 1;
        const fragment = this.#fragments.get(selection.name.value);
        if (fragment !== undefined) this.#collect(fragment.selectionSet, place);
      }
    }
  }

  /** For each comparison, graphql-js prints the arguments of both fields. */
  #weightOf(field: FieldNode): number {
    let weight = this.#weights.get(field);
    if (weight === undefined) {
      weight = 1 + (field.selectionSet === undefined ? 0 : selectionWeight);
      for (const argument of field.arguments ?? []) weight += countNodes(argument);
      this.#weights.set(field, weight);
    }
    return weight;
  }
}
