import { XMLParser } from "fast-xml-parser";
import { StoreError } from "../core/store-error.ts";

/** Text, nested elements, or several elements of the same name. Undefined content is omitted. */
export type XmlContent = string | number | boolean | XmlElements | readonly XmlContent[] | undefined;
export interface XmlElements {
  readonly [name: string]: XmlContent;
}

export const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Renders a document with one root element. Children keep the order of the object's properties. If `namespace` is "", the
 * document has none. */
export function renderXml(root: string, content: XmlContent, namespace = s3Namespace): string {
  const attribute = namespace === "" ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${renderContent(content)}</${root}>`;
}

function renderContent(content: XmlContent): string {
  if (content === undefined) return "";
  if (typeof content !== "object") return escapeXml(String(content));
  if (isList(content)) return content.map(renderContent).join("");
  return Object.entries(content)
    .flatMap(([name, child]) =>
      isList(child) ? child.map((each) => [name, each] as const) : [[name, child] as const],
    )
    .map(([name, child]) => (child === undefined ? "" : `<${name}>${renderContent(child)}</${name}>`))
    .join("");
}

function isList(content: XmlContent): content is readonly XmlContent[] {
  return Array.isArray(content);
}

const controlCharacter = /[\p{Cc}&<>"']/gu;

/** As S3 does, writes control characters as references, although XML 1.0 does not allow them. Clients that need to parse such
 * keys use encoding-type=url. */
function escapeXml(text: string): string {
  return text.replace(controlCharacter, (character) => `&#${character.charCodeAt(0)};`);
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  // Entities are decoded below. A document cannot define its own.
  processEntities: false,
  maxNestedTags: 20,
  removeNSPrefix: true,
});

/**
 * Parses a document and returns its root element.
 * @throws {StoreError} MalformedXML
 */
export function parseXml(text: string, root: string): ParsedElement {
  if (text.includes("<!")) throw malformedXml();
  const document = parseDocument(text);
  const names = Object.keys(document).filter((name) => name !== "#text");
  const element = document[root];
  if (names.length !== 1 || element === undefined || Array.isArray(element)) throw malformedXml();
  return new ParsedElement(element);
}

function parseDocument(text: string): Record<string, unknown> {
  try {
    return parser.parse(text, true);
  } catch {
    throw malformedXml();
  }
}

export function malformedXml(): StoreError {
  return new StoreError(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** An element of a document that a client has sent. */
export class ParsedElement {
  readonly #content: unknown;

  constructor(content: unknown) {
    this.#content = content;
  }

  get childNames(): string[] {
    return isObject(this.#content) ? Object.keys(this.#content).filter((name) => name !== "#text") : [];
  }

  /** The child elements of this name. */
  children(name: string): ParsedElement[] {
    if (!isObject(this.#content) || !Object.hasOwn(this.#content, name)) return [];
    const child = this.#content[name];
    return (Array.isArray(child) ? child : [child]).map((content) => new ParsedElement(content));
  }

  /** The text of this element. @throws {StoreError} MalformedXML when it contains elements */
  get text(): string {
    const content = isObject(this.#content) && isLeaf(this.#content) ? this.#content["#text"] : this.#content;
    if (typeof content !== "string") throw malformedXml();
    return decodeEntities(content);
  }

  /** The text of the only child with this name. @throws {StoreError} MalformedXML when there are several */
  childText(name: string): string | undefined {
    const [child, ...others] = this.children(name);
    if (others.length > 0) throw malformedXml();
    return child?.text;
  }
}

function isObject(content: unknown): content is Record<string, unknown> {
  return typeof content === "object" && content !== null;
}

function isLeaf(content: Record<string, unknown>): boolean {
  return Object.keys(content).every((name) => name === "#text");
}

const namedEntities = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

function decodeEntities(text: string): string {
  return text.replace(/&([^;&]{0,10});?/g, (_, name: string) => {
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const codePoint = numeric?.[1] === undefined ? Number(numeric?.[2]) : Number.parseInt(numeric[1], 16);
    const character = numeric === null ? namedEntities.get(name) : characterOf(codePoint);
    if (character === undefined) throw malformedXml();
    return character;
  });
}

function characterOf(codePoint: number): string | undefined {
  const isCharacter = codePoint > 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  return isCharacter ? String.fromCodePoint(codePoint) : undefined;
}
