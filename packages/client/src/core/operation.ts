/** Data of a response, after `decode`. */
export type Decoded<Data> = Data extends null
  ? undefined
  : Data extends readonly (infer Item)[]
    ? Decoded<Item>[]
    : Data extends object
      ? { [Name in keyof Data]: Name extends DateField ? DateOf<Data[Name]> : Decoded<Data[Name]> }
      : Data;

type DateField = "expiresAt" | "lastModified" | "startedAt";
type DateOf<Text> = Text extends null ? undefined : Date;

/** Each field or fragment has a name, marks and its own fields. */
type Selection = [name: string, marks: string, fields?: Selection][];

type Fields = Record<string, unknown>;

/** What is sent to the server. */
export function textOf(operation: string): string {
  const all = Array.from(operation.matchAll(/\$(\w+):/g), ([, name]) => `${name}:$${name}`);
  return operation.replace(/[?*#%@^]/g, "").replace("&", all.join(" "));
}

/**
 * Checks that the data has every field that the operation selects, each with its type, and converts null to undefined and dates
 * to `Date`. A response may be JSON without being that of a Valet Key server, and an error that shows it should name it.
 *
 * @param hasErrors whether the operation's own field may be null, because an error says why
 * @throws if the data has another form
 */
export function decode(operation: string, data: unknown, hasErrors: boolean): void {
  const definitions = parse(operation);
  const root = definitions[1]?.[2] as Selection;
  if (hasErrors && root.every(([name]) => (data as Fields | undefined)?.[name] == null)) return;
  decodeFields(data as Fields, root);

  function decodeFields(object: Fields, selection: Selection): void {
    for (const [name, marks, fields] of selection) {
      // Names of types and fragments begin with a capital letter.
      if (name > "_") object[name] = decodeValue(object[name], marks, fields);
      else {
        const at = definitions.findIndex(([each]) => each === name);
        const [type, , own] = fields ? [name, "", fields] : (definitions[at + 2] as Selection[number]);
        // Only unions have fragments for other types than their own, and select `__typename`.
        if ((object.__typename ?? type) === type) decodeFields(object, own as Selection);
      }
    }
  }

  function decodeValue(value: unknown, marks: string, fields?: Selection): unknown {
    const mark = marks[0];
    if (mark === "?") return value == null ? undefined : decodeValue(value, marks.slice(1), fields);
    if (mark === "*") return (value as unknown[]).map((item) => decodeValue(item, marks.slice(1), fields));
    if (fields) {
      decodeFields(value as Fields, fields);
      return value;
    }
    if (typeof value !== (mark === "#" ? "number" : mark === "%" ? "boolean" : "string"))
      throw new TypeError();
    if (mark === "^") new URL(value as string);
    if (mark !== "@") return value;
    const date = new Date(value as string);
    // Throws if it is no date.
    date.toISOString();
    return date;
  }
}

/**
 * Reads the text of an operation, which has no comments, aliases or directives. At its top there are `query`, its name with its
 * fields, and for each fragment `fragment`, its name, `on`, and the type with its fields.
 */
function parse(operation: string): Selection {
  const tokens = operation.replace(/\(.*?\)|\.{3}on/g, "").matchAll(/(\w+)([^\w\s{}.]*)|[{}]/g);
  const parseFields = (): Selection => {
    const fields: Selection = [];
    for (const [token, name, marks = ""] of tokens) {
      if (token === "}") break;
      const last = fields.at(-1);
      if (name) fields.push([name, marks]);
      else if (last) last[2] = parseFields();
    }
    return fields;
  };
  return parseFields();
}
