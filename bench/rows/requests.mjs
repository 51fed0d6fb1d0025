import { startIssuer } from "../issuer.mjs";
import { Load } from "../load.mjs";
import { startPeer } from "../peers/peer.mjs";
import { interleave } from "../rounds.mjs";
import { startValetKey } from "../valet-key.mjs";
import { betterUpload, companion, constantApollo, valetKey } from "./operations.mjs";

const concurrency = 16;
/** A batch of 1,000 is a thousand URLs' work: a few at once keep the server busy. */
const batchConcurrency = 4;

/** What needs no call to S3: URLs signed over HTTP, by everybody, in URLs a second. */
export async function requests({ store, issuedTokens = 50, rounds, seconds, log }) {
  await using stack = new AsyncDisposableStack();
}
