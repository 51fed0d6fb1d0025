import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import type { z } from "zod";
import { ValetKeyError } from "../core/errors.ts";
import type { BucketName } from "../core/object-address.ts";
import { type Principal, service } from "../core/principal.ts";
import { callerGrantsSchema } from "./access-file-schema.ts";
import type { Grant } from "./grants.ts";
import { SingleFlight } from "./single-flight.ts";
import { unshareableGrants } from "./unshareable-grants.ts";

export interface GrantsFromCodeOptions {
  /** Returns what the access file would call grants. They are checked here. */
  readonly authorize: (principal: Principal) => unknown;
  readonly cacheSeconds: number;
  /** Whether a role can be assumed for the bucket. */
  readonly hasRole: (bucket: BucketName) => boolean;
  /** The setting that sends the caller's identity with AssumeRole, if one does. Grants cannot share sessions then. */
  readonly namesCallers?: string | undefined;
  readonly log: Pick<Logger, "error" | "warn">;
  /** In milliseconds. */
  readonly monotonicNow?: (() => number) | undefined;
}

const maxCallers = 10_000;

/**
 * The grants that the operator's function gives to a caller. They are cached for each caller, and asked for once however
 * many requests of a caller wait for them. A failure is not cached.
 */
export class GrantsFromCode {
  readonly #options: GrantsFromCodeOptions;
  readonly #flights = new SingleFlight<readonly Grant[]>();
  readonly #known: LRUCache<string, readonly Grant[]>;

  constructor(options: GrantsFromCodeOptions) {
    const { cacheSeconds, monotonicNow = () => performance.now() } = options;
    this.#options = options;
    // A time to live of 0 would mean forever.
    const ttl = Math.max(cacheSeconds * 1_000, 1);
    this.#known = new LRUCache({ max: maxCallers, ttl, ttlResolution: 0, perf: { now: monotonicNow } });
  }

  /** @throws {ValetKeyError} FORBIDDEN if the function fails; INTERNAL_SERVER_ERROR if it returns no valid grants */
  async grantsFor(principal: Principal): Promise<readonly Grant[]> {
    if (principal === service) return [];
    const key = this.#keyOf(principal);
    return this.#known.get(key) ?? (await this.#flights.run(key, () => this.#ask(principal, key)));
  }

  async #ask(principal: Principal, key: string): Promise<readonly Grant[]> {
    const { authorize, cacheSeconds, log } = this.#options;
    let given: unknown;
    try {
      given = await authorize(principal);
    } catch (error) {
      if (error instanceof ValetKeyError) throw error;
      log.warn({ err: error }, "authorize has failed: the request is refused");
      throw new ValetKeyError("FORBIDDEN", "It could not be determined what you may do.", { cause: error });
    }
    const parsed = callerGrantsSchema.safeParse(given);
    const faults = parsed.success
      ? [
          ...this.#withoutRole(parsed.data),
          ...unshareableGrants(parsed.data, this.#options.namesCallers).map(({ message }) => message),
        ]
      : faultsOf(parsed.error);
    if (!parsed.success || faults.length > 0) {
      const error = new TypeError(`authorize has returned invalid grants: ${faults.join("; ")}`);
      log.error({ err: error }, "authorize has returned invalid grants: the request is refused");
      throw new ValetKeyError("INTERNAL_SERVER_ERROR", "Your grants are not valid.", { cause: error });
    }
    if (cacheSeconds > 0) this.#known.set(key, parsed.data);
    return parsed.data;
  }

  #withoutRole(grants: readonly Grant[]): string[] {
    return grants.flatMap(({ bucket }, index) =>
      this.#options.hasRole(bucket) ? [] : [`${index}.bucket: ${JSON.stringify(bucket)} has no role`],
    );
  }

  /** Callers with other claims are other callers. */
  #keyOf(principal: Principal): string {
    if (!principal.authenticated) return "anonymous";
    try {
      const text = JSON.stringify([principal.subject, principal.claims]);
      return createHash("sha256").update(text).digest("base64url");
    } catch (cause) {
      throw new ValetKeyError("INTERNAL_SERVER_ERROR", "Your claims cannot be compared.", { cause });
    }
  }
}

function faultsOf({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}
