import type { DocumentNode } from "graphql";
import { LRUCache } from "lru-cache";
import { limits } from "./limits.ts";

interface KnownDocument {
  readonly document: DocumentNode;
  readonly source: string;
  /** The SHA-256 hash of the source, in hexadecimal. */
  readonly hash: string;
}

/**
 * An upper estimate of the memory of a node without its location: 95 bytes on average with Node 20 and 24, in a
 * document of 5,111 nodes.
 */
const nodeBytes = 200;

/**
 * V8 hashes longer strings by their length only, so a Map would compare a text with every other text of that length.
 * Longer documents are found by their SHA-256 hash, in Apollo's pipeline.
 */
const maxIndexedCharacters = 16_000;

/**
 * The documents that have been parsed and validated, and their texts, by the SHA-256 hash of the text. One budget
 * limits both. It is also the cache of persisted queries. As such it stores nothing more, because a document that is
 * registered is already in it.
 */
export class KnownDocuments {
  readonly #bySource = new Map<string, KnownDocument>();
  readonly #known = new LRUCache<string, KnownDocument>({
    maxSize: limits.knownDocumentBytes,
    dispose: ({ source }) => this.#bySource.delete(source),
  });

  find(hash: string): DocumentNode | undefined {
    return this.#known.get(hash)?.document;
  }

  /** Finds a document by its text, without computing the SHA-256 hash. Long documents are not found this way. */
  findBySource(source: string): DocumentNode | undefined {
    if (source.length > maxIndexedCharacters) return undefined;
    const known = this.#bySource.get(source);
    return known && this.find(known.hash);
  }

  remember(hash: string, source: string, document: DocumentNode, nodes: number): void {
    // A string with one character beyond Latin-1 takes two bytes for each.
    const size = 2 * source.length + nodeBytes * nodes;
    const known = { document, source, hash };
    this.#known.set(hash, known, { size });
    if (source.length <= maxIndexedCharacters && this.#known.has(hash)) this.#bySource.set(source, known);
  }

  /** For tests: the size of what is cached, in bytes. */
  get bytes(): number {
    return this.#known.calculatedSize;
  }

  /** Apollo's interface for a cache of persisted queries. Its keys are `apq:` and the hash. */
  readonly persistedQueries = {
    get: async (key: string): Promise<string | undefined> =>
      this.#known.get(key.replace(/^apq:/, ""))?.source,
    set: async (): Promise<void> => {},
    delete: async (): Promise<boolean> => false,
  };
}
