import { type FieldPolicy, makeVar, type ReactiveVar } from "@apollo/client/cache";

/** A URL that expires within this time is not worth using. */
const marginMs = 1_000;
/** The longest time that setTimeout knows. */
const maxTimeoutMs = 2 ** 31 - 1;

/**
 * A value that the cache does not return any more after its URL has expired. Queries that are watched then ask the
 * server for another one. If the query did not select `expiresAt`, the URL itself says when it expires.
 */
export const unlessExpired: FieldPolicy = {
  merge: false,
  read(existing, { fieldName, readField, storage }) {
    const url = fieldName === "url" ? existing : readField("url");
    const expiresAtMs = parseTime(readField("expiresAt")) ?? expiryOfUrl(url) ?? 0;
    const msLeft = expiresAtMs - marginMs - Date.now();
    if (msLeft <= 0) return undefined;
    // Apollo Client keeps the results of queries. This variable tells it when this one is out of date.
    storage.expired ??= watchTime(msLeft);
    (storage.expired as ReactiveVar<boolean>)();
    return existing;
  },
};

/** Becomes true after so many milliseconds. */
function watchTime(ms: number): ReactiveVar<boolean> {
  const isOver = makeVar(false);
  const timer: unknown = setTimeout(() => isOver(true), Math.min(ms, maxTimeoutMs));
  // In Node, it does not keep the process alive.
  if (typeof timer === "object") (timer as { unref(): void }).unref();
  return isOver;
}

function parseTime(text: unknown): number | undefined {
  return typeof text === "string" ? numberOrUndefined(Date.parse(text)) : undefined;
}

/** Of a URL that is presigned with Signature Version 4. */
function expiryOfUrl(url: unknown): number | undefined {
  if (typeof url !== "string" || !URL.canParse(url)) return undefined;
  const { searchParams } = new URL(url);
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(searchParams.get("X-Amz-Date") ?? "");
  if (date === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = date;
  const signedAtMs = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  return numberOrUndefined(signedAtMs + Number(searchParams.get("X-Amz-Expires") ?? Number.NaN) * 1000);
}

function numberOrUndefined(number: number): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}
