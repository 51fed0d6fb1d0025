import type { IncomingMessage } from "node:http";
import { classifyAwsRequest } from "../support/aws-operation.ts";
import type { BreakingProxy, Fault } from "../support/breaking-proxy.ts";
import type { Random } from "../support/random.ts";

type Probabilities = Readonly<Partial<Record<Fault, number>>>;

/** Of every call to S3 and STS. */
const ofAnyCall: Probabilities = { slow: 0.02, reset: 0.004, "500": 0.004, "503": 0.006, stall: 0.0005 };
/** Of a call whose response is a document. */
const ofDocuments: Probabilities = {
  ...ofAnyCall,
  lost: 0.002,
  garbage: 0.001,
  garbled: 0.002,
  "cut-off": 0.002,
};
const ofBodies: Probabilities = {
  ...ofAnyCall,
  lost: 0.003,
  garbage: 0.002,
  "cut-off": 0.002,
  corrupted: 0.01,
};
const ofOperations: Readonly<Record<string, Probabilities>> = {
  HeadObject: ofAnyCall,
  // Forms are presigned too, in their fields.
  PostObject: ofAnyCall,
  GetObject: { ...ofAnyCall, "cut-off": 0.01 },
  PutObject: ofBodies,
  UploadPart: ofBodies,
  CompleteMultipartUpload: { ...ofDocuments, "error-in-200": 0.01, lost: 0.01 },
  CopyObject: { ...ofDocuments, "error-in-200": 0.01 },
};
/**
 * Clients that send presigned requests are protected by the status alone, so a fault must not make a success of a request
 * that the store has not seen.
 */
const ofPresigned: Probabilities = { ...ofAnyCall, lost: 0.005, corrupted: 0.01 };

/** Breaks calls at random: each kind of call with its own probabilities, and 20 times as often during an outage. */
export class RandomFaults {
  readonly #random: Random;
  readonly counts = new Map<string, number>();
  isOutage = false;

  constructor(proxy: BreakingProxy, random: Random) {
    this.#random = random;
    // One draw decides about a request, and all rules are asked about it.
    const drawn = new WeakMap<IncomingMessage, Fault | "none">();
    for (const fault of faults) {
      proxy.break({
        fault,
        matches: (request) => {
          const decision = drawn.get(request) ?? this.#draw(request);
          drawn.set(request, decision);
          return decision === fault;
        },
      });
    }
  }

  #draw(request: IncomingMessage): Fault | "none" {
    const { method = "", url = "", headers } = request;
    const { operation } = classifyAwsRequest(method, url, headers, new URLSearchParams());
    const isPresigned = url.includes("X-Amz-Signature=");
    const probabilities =
      isPresigned && method !== "GET" ? ofPresigned : (ofOperations[operation] ?? ofDocuments);
    for (const [fault, probability] of Object.entries(probabilities) as [Fault, number][]) {
      if (!this.#random.chance(probability * (this.isOutage ? 20 : 1))) continue;
      if (fault === "corrupted" && !hasChecksum(url, headers)) continue;
      this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
      return fault;
    }
    return "none";
  }
}

const faults: readonly Fault[] = [
  "slow",
  "reset",
  "500",
  "503",
  "stall",
  "lost",
  "garbage",
  "empty",
  "garbled",
  "cut-off",
  "error-in-200",
  "corrupted",
];

/** Only a store that knows the checksum can notice that bytes have changed. */
function hasChecksum(url: string, headers: IncomingMessage["headers"]): boolean {
  if (/[?&]x-amz-checksum-/i.test(url) || headers["content-md5"] !== undefined) return true;
  if (/^[0-9a-f]{64}$/.test(String(headers["x-amz-content-sha256"]))) return true;
  return (
    headers["x-amz-trailer"] !== undefined ||
    Object.keys(headers).some((name) => /^x-amz-checksum-\w+$/.test(name))
  );
}
