import type { AccessSnapshot } from "../access/access-snapshot.ts";
import type { DevelopmentKey } from "../access/development-issuer.ts";
import type { EmbeddedStoreAccess } from "./store-connection.ts";

/** What all workers of one server have to agree on. The primary process has it, and sends it to each of them. */
export interface SharedState {
  /** The access file that is in force. Undefined if there is none. */
  readonly access: AccessSnapshot | undefined;
  /** Undefined unless the primary has started the embedded store. */
  readonly embeddedStore: EmbeddedStoreAccess | undefined;
  /** Undefined unless the server issues tokens for development. */
  readonly developmentKey: DevelopmentKey | undefined;
}
