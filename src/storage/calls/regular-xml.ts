/** How an element is read whose opening tag has been read: its content and its closing tag. */
export interface Element {
  readonly name: string;
  /** Whether there can be several of these elements in the same place. */
  readonly isList: boolean;
  read(xml: RegularXml): unknown;
}

/** The elements that are read inside an element, by their names. The others are skipped. */
export type Elements = ReadonlyMap<string, Element>;

const indentation = /[ \t]*\n[ \t\n]*/y;

/** The document is malformed, or has a form that {@link RegularXml} does not read. */
export class IrregularXml extends Error {}

/**
 * Reads XML in the form in which stores write it: elements without attributes that contain either text or elements. For
 * everything else, such as attributes, comments and CDATA, it throws {@link IrregularXml}.
 */
export class RegularXml {
  readonly #xml: string;
  #at: number;
  /** Whether the last tag was like `<Prefix/>`. */
  #isEmptyElement = false;

  /** @param start the end of the root's opening tag */
  constructor(xml: string, start: number) {
    this.#xml = xml;
    this.#at = start;
  }

  /** @param closingTag `</Contents>` */
  structure(closingTag: string, elements: Elements): Record<string, unknown> {
    const content: Record<string, unknown> = {};
    if (this.#endOfEmptyElement()) return content;
    this.#skipIndentation();
    while (!this.#xml.startsWith(closingTag, this.#at)) {
      const name = this.#openingTag();
      const element = elements.get(name);
      if (element === undefined) this.#skip(name);
      else add(content, element, element.read(this));
      this.#skipIndentation();
    }
    this.#at += closingTag.length;
    return content;
  }

  /** @param closingTag `</Key>` */
  text(closingTag: string): string {
    if (this.#endOfEmptyElement()) return "";
    const end = this.#xml.indexOf("<", this.#at);
    if (!this.#xml.startsWith(closingTag, end)) throw new IrregularXml();
    const text = this.#xml.slice(this.#at, end);
    this.#at = end + closingTag.length;
    // The SDK omits some texts of white space.
    if (!/^[\x21-\x7e]/.test(text) && text !== "" && text.trim() === "") throw new IrregularXml();
    return text.includes("&") ? decodeReferences(text) : text;
  }

  /** @throws {IrregularXml} if there is more than white space */
  end(): void {
    this.#skipIndentation();
    if (this.#at < this.#xml.length) throw new IrregularXml();
  }

  /** Skips an indentation. The SDK takes white space without a line break for a text. */
  #skipIndentation(): void {
    if (this.#xml[this.#at] === "<") return;
    indentation.lastIndex = this.#at;
    if (indentation.test(this.#xml)) this.#at = indentation.lastIndex;
  }

  /** `Key` for `<Key>` and for `<Key/>` */
  #openingTag(): string {
    const end = this.#xml.indexOf(">", this.#at);
    if (this.#xml[this.#at] !== "<" || end < 0) throw new IrregularXml();
    const start = this.#at + 1;
    this.#at = end + 1;
    this.#isEmptyElement = this.#xml[end - 1] === "/";
    return this.#xml.slice(start, this.#isEmptyElement ? end - 1 : end);
  }

  #endOfEmptyElement(): boolean {
    const isEmpty = this.#isEmptyElement;
    this.#isEmptyElement = false;
    return isEmpty;
  }

  #skip(tag: string): void {
    if (!/^[A-Za-z]+$/.test(tag)) throw new IrregularXml();
    this.text(`</${tag}>`);
  }
}

function add(content: Record<string, unknown>, { name, isList }: Element, value: unknown): void {
  const earlier = content[name];
  if (!isList && earlier !== undefined) throw new IrregularXml();
  if (!isList) content[name] = value;
  else if (earlier === undefined) content[name] = [value];
  else (earlier as unknown[]).push(value);
}

const characters: ReadonlyMap<string, string> = new Map([
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&apos;", "'"],
]);

function decodeReferences(text: string): string {
  // Each ETag has two of these, and usually nothing else.
  const unquoted = text.replaceAll("&quot;", '"');
  if (!unquoted.includes("&")) return unquoted;
  return unquoted.replace(/&[^&;]*;?/g, (reference) => {
    const character = characters.get(reference) ?? characterOfNumber(reference);
    if (character === undefined) throw new IrregularXml();
    return character;
  });
}

/** `&#10;` and `&#xA;`. The SDK decodes those of more than 16 bits in a way of its own. */
function characterOfNumber(reference: string): string | undefined {
  const [, hexadecimal, decimal] = /^&#(?:x([0-9a-fA-F]{1,4})|(\d{1,4}));$/.exec(reference) ?? [];
  if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
  return decimal === undefined ? undefined : String.fromCharCode(Number(decimal));
}
