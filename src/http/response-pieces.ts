import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Serializing this many URLs takes about 0.1 ms. A list or object with more values is serialized value by value. */
const fewValues = 50;
const pieceCharacters = 2 ** 16;

/** The body of a response. */
export type ResponseBody = string | ResponsePieces;

/** A body that is written in pieces. Its length is known before, so the response has a Content-Length. */
export class ResponsePieces extends Readable {
  readonly bytes: number;
  readonly #pieces: Iterator<Buffer>;

  constructor(pieces: readonly Buffer[]) {
    super({ highWaterMark: pieceCharacters });
    this.bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#pieces = pieces.values();
  }

  override _read(): void {
    const { value } = this.#pieces.next();
    this.push(value ?? null);
  }
}

/**
 * Serializes a value of JSON as `JSON.stringify` does, with a line end behind it. Other requests run between two pieces,
 * because serializing and writing 1,000 URLs at once blocks the event loop for several milliseconds.
 */
export async function stringifyInPieces(value: unknown): Promise<ResponsePieces> {
  const pieces: Buffer[] = [];
  let text = "";
  for (const fragment of fragmentsOf(value)) {
    text += fragment;
    if (text.length < pieceCharacters) continue;
    pieces.push(Buffer.from(text));
    text = "";
    await nextTurn();
  }
  pieces.push(Buffer.from(`${text}\n`));
  return new ResponsePieces(pieces);
}

/** Whether a value is, or contains, a long list or an object with many properties. */
export function isLong(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.length > fewValues || value.some(isLong);
  let values = 0;
  for (const name in value) {
    values += 1;
    if (values > fewValues || isLong((value as Record<string, unknown>)[name])) return true;
  }
  return false;
}

/** The texts that, one after the other, are the JSON of a value. They never end inside of a character. */
function* fragmentsOf(value: unknown): Generator<string> {
  if (!isLong(value)) {
    // As in JSON.stringify, undefined is null in a list.
    yield JSON.stringify(value) ?? "null";
  } else if (Array.isArray(value)) {
    let before = "[";
    for (const item of value) {
      yield before;
      yield* fragmentsOf(item);
      before = ",";
    }
    yield "]";
  } else {
    let before = "{";
    for (const [name, property] of Object.entries(value as object)) {
      if (property === undefined) continue;
      yield `${before}${JSON.stringify(name)}:`;
      yield* fragmentsOf(property);
      before = ",";
    }
    yield before === "{" ? "{}" : "}";
  }
}
