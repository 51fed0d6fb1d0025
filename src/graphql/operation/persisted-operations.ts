import { createHash } from "node:crypto";
import { GraphQLError } from "graphql";
import { ValetKeyError } from "../../core/errors.ts";
import { KnownDocuments } from "./known-documents.ts";
import type { PersistedOperation } from "./operation-manifest.ts";

/** The only operations that the server executes. Clients send the id of one, or its text. */
export class PersistedOperations {
  /** Contains no documents of other operations. */
  readonly known = new KnownDocuments();
  readonly #bodies = new Map<string, string>();
  /** The hash of each text that clients may send. */
  readonly #hashes = new Map<string, string>();

  constructor(operations: readonly PersistedOperation[]) {
    this.replace(operations);
  }

  /** Executes only these operations from now on. */
  replace(operations: readonly PersistedOperation[]): void {
    this.#bodies.clear();
    this.#hashes.clear();
    for (const { id, body, hash, document, nodes, texts } of operations) {
      this.#bodies.set(id, body);
      for (const text of texts) this.#hashes.set(text, text === body ? hash : sha256(text));
      this.known.remember(hash, body, document, nodes);
    }
  }

  get count(): number {
    return this.#bodies.size;
  }

  bodyOf(id: string): string | undefined {
    return this.#bodies.get(id);
  }

  /** @returns the SHA-256 hash of the text of an operation, or undefined if it is not one of these operations */
  hashOf(text: string): string | undefined {
    return this.#hashes.get(text);
  }

  /** Apollo's interface for a cache of persisted queries. Its keys are `apq:` and the id. */
  readonly cache = {
    get: async (key: string): Promise<string | undefined> => this.bodyOf(key.replace(/^apq:/, "")),
    set: async (): Promise<void> => {},
    delete: async (): Promise<boolean> => false,
  };
}

/** The response to the text of another operation: FORBIDDEN with HTTP status 403. */
export function operationNotAllowed(): GraphQLError {
  const message = "This server executes only the operations of its manifest, and this is none of them.";
  return new GraphQLError(message, {
    originalError: new ValetKeyError("FORBIDDEN", message),
    extensions: { http: { status: 403 } },
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
