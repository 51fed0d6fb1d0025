// Stands in for @apollo/utils.createhash in the bundle, with which Apollo hashes every query. The package finds node:crypto
// through `module.require`, which ES modules do not have, and otherwise hashes in JavaScript: 35 µs for a query of 1,860
// characters, where Node needs 3.
import { hash } from "node:crypto";

/** The part of node:crypto's createHash that Apollo uses: one update, one digest. */
export function createHash(algorithm) {
  let data = "";
  const self = {
    update(more) {
      data += more;
      return self;
    },
    digest: (encoding) => hash(algorithm, data, encoding),
  };
  return self;
}
