import { invalidUri } from "../core/arguments.ts";
import { StoreError } from "../core/store-error.ts";
import type { WireRequest } from "../signing/wire-request.ts";

/** What a URL addresses: the service, a bucket (without a key), or an object. */
export interface Target {
  readonly bucketName?: string | undefined;
  readonly key?: string | undefined;
}

const hostStyle = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost(?::\d+)?$/i;
const maxKeyBytes = 1024;

/** @throws {StoreError} InvalidURI, KeyTooLongError */
export function parseTarget(wire: WireRequest): Target {
  const hostBucket = hostStyle.exec(wire.headers.host ?? "")?.[1]?.toLowerCase();
  const path = decodePath(wire.path);
  if (!path.startsWith("/")) throw invalidUri();
  if (hostBucket !== undefined) return target(hostBucket, path.slice(1));
  const slash = path.indexOf("/", 1);
  return slash === -1 ? target(path.slice(1), "") : target(path.slice(1, slash), path.slice(slash + 1));
}

function target(bucketName: string, key: string): Target {
  return { bucketName: bucketName === "" ? undefined : bucketName, key: parseKey(key) };
}

/** Undefined if the key is empty. @throws {StoreError} KeyTooLongError */
export function parseKey(key: string): string | undefined {
  if (Buffer.byteLength(key) > maxKeyBytes) {
    throw new StoreError(400, "KeyTooLongError", "Your key is too long", {
      details: { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(maxKeyBytes) },
    });
  }
  return key === "" ? undefined : key;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidUri();
  }
}
