import { uploadFileMutation } from "../support/operations.ts";
import { Random } from "../support/random.ts";
import { type FuzzCase, type Fuzzer, renderRequest } from "./fuzz-case.ts";
import { hostileText, hostileValue, prototypeNames, toJson } from "./hostile-values.ts";

interface Part {
  headers: string[];
  body: Buffer;
}

interface Form {
  parts: Part[];
  boundary: string;
  /** Of the header Content-Type, if it is another one. */
  declaredBoundary: string | undefined;
  contentType: string;
  lineEnd: string;
  preamble: string;
  ending: string;
  headers: Record<string, string>;
}

type Change = (form: Form, random: Random) => void;

/** GraphQL multipart requests of one file or several, with some changes each. */
export class FormFuzzer implements Fuzzer {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): FuzzCase {
    const random = this.#random;
    const form = validForm(random);
    const names = Array.from({ length: random.below(4) }, () => random.pick(Object.keys(changes)));
    for (const name of names) changes[name]?.(form, random);
    let body = render(form);
    if (random.chance(0.25)) {
      names.push("bytes changed");
      body = changeBytes(body, random);
    }
    const { contentType, declaredBoundary = form.boundary } = form;
    // Characters that a header cannot have are a matter of the fuzzer of bytes.
    const header = `${contentType}; boundary=${declaredBoundary}`.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?");
    const bytes = renderRequest(body, {
      "content-type": header,
      "apollo-require-preflight": "1",
      ...form.headers,
    });
    return {
      shape: names.length === 1 ? (names[0] ?? "") : names.length === 0 ? "valid" : "several changes",
      bytes,
      isWellFramed: true,
    };
  }
}

const field = (name: string, body: string | Buffer, ...headers: string[]): Part => ({
  headers: [`Content-Disposition: form-data; name="${name}"`, ...headers],
  body: Buffer.from(body),
});

function validForm(random: Random): Form {
  const count = random.pick([1, 1, 1, 2, 3, 10, 11]);
  const files = Array.from({ length: count }, (_, index) => index);
  const operations =
    count === 1
      ? { query: uploadFileMutation, variables: { file: null, input: { bucket: "demo", key: "fuzz/a" } } }
      : {
          query:
            "mutation ($files: [Upload!]!, $inputs: [UploadInput!]!) { uploadFiles(files: $files, inputs: $inputs) { key size } }",
          variables: {
            files: files.map(() => null),
            inputs: files.map((i) => ({ bucket: "demo", key: `fuzz/${i}` })),
          },
        };
  const path = (index: number) => (count === 1 ? "variables.file" : `variables.files.${index}`);
  return {
    parts: [
      field("operations", JSON.stringify(operations)),
      field("map", JSON.stringify(Object.fromEntries(files.map((index) => [index, [path(index)]])))),
      ...files.map((index) => fileOf(String(index), Buffer.alloc(random.magnitude(1, 200_000), index))),
    ],
    boundary: "----fuzz",
    declaredBoundary: undefined,
    contentType: "multipart/form-data",
    lineEnd: "\r\n",
    preamble: "",
    ending: "--\r\n",
    headers: {},
  };
}

function fileOf(name: string, body: Buffer): Part {
  return {
    headers: [`Content-Disposition: form-data; name="${name}"; filename="a.bin"`, "Content-Type: image/png"],
    body,
  };
}

/** A map with entries that nobody should follow. */
function hostileMap(random: Random): string {
  const names = [
    ...prototypeNames,
    "0",
    "1",
    "",
    "variables",
    "operations",
    "map",
    hostileText(random).slice(0, 3_000),
  ];
  const paths = [
    "variables.file",
    "variables.hasOwnProperty.call",
    "variables.__proto__.polluted",
    "__proto__.polluted",
    "variables.constructor.prototype.polluted",
    "variables.input.bucket",
    "query",
    "variables",
    "",
    ".",
    "variables..file",
    "0.variables.file",
    `variables.${"a.".repeat(random.magnitude(1, 20_000))}b`,
  ];
  const entries = Array.from({ length: random.magnitude(1, 3_000) }, () => [
    random.pick(names),
    random.pick<() => unknown>([
      () => [random.pick(paths)],
      () => random.pick(paths),
      () => [random.pick(paths), random.pick(paths)],
      () => hostileValue(random),
    ])(),
  ]);
  const members = entries.slice(0, 20).map(([name, value]) => `${JSON.stringify(name)}:${toJson(value)}`);
  return `{${members.join(",")}}`;
}

const partAt = (form: Form, random: Random): Part | undefined => form.parts[random.below(form.parts.length)];

const changes: Readonly<Record<string, Change>> = {
  "parts in another order": (form, random) => void form.parts.sort(() => random.pick([-1, 1])),
  "a part twice": (form, random) => {
    const part = partAt(form, random);
    if (part !== undefined) form.parts.splice(random.below(form.parts.length + 1), 0, part);
  },
  "a part less": (form, random) => void form.parts.splice(random.below(form.parts.length), 1),
  "many parts": (form, random) => {
    const count = random.magnitude(10, 20_000);
    form.parts.push(...Array.from({ length: count }, (_, index) => field(`x${index}`, "x")));
  },
  "many fields before the operation": (form, random) => {
    form.parts.unshift(...Array.from({ length: random.magnitude(1, 5_000) }, (_, i) => field(`y${i}`, "y")));
  },
  "another map": (form, random) => {
    const map = form.parts.find(({ headers }) => headers[0]?.includes('name="map"'));
    if (map !== undefined) map.body = Buffer.from(hostileMap(random));
  },
  "other operations": (form, random) => {
    const operations = form.parts.find(({ headers }) => headers[0]?.includes('name="operations"'));
    if (operations === undefined) return;
    operations.body = Buffer.from(
      random.pick([
        () => toJson(hostileValue(random)),
        () => toJson({ query: uploadFileMutation, variables: hostileValue(random) }),
        () => toJson({ query: hostileValue(random), variables: {} }),
        () => toJson([{ query: uploadFileMutation, variables: { file: null } }]),
        () => `${operations.body.toString()}${" ".repeat(random.magnitude(1, 3_000_000))}`,
        () => "",
        () => "{",
      ])(),
    );
  },
  "headers of a part": (form, random) => {
    const part = partAt(form, random);
    if (part === undefined) return;
    part.headers = random.pick<() => string[]>([
      () => ["Content-Disposition; bad"],
      () => [],
      () => ["Content-Disposition: form-data"],
      () => [`Content-Disposition: form-data; name="${"n".repeat(random.magnitude(1, 100_000))}"`],
      () => ["Content-Disposition: form-data; name=0; filename*=UTF-8''%e2%82%ac%zz"],
      () => ['Content-Disposition: form-data; name="0"; filename="../../a\\"b.png"; filename="c"'],
      () => [
        ...part.headers,
        ...Array.from({ length: random.magnitude(1, 3_000) }, (_, i) => `X-H${i}: ${i}`),
      ],
      () => [...part.headers, "Content-Transfer-Encoding: base64"],
      () => [...part.headers, "Content-Type: multipart/mixed; boundary=----fuzz"],
      () => [...part.headers, `Content-Type: ${hostileText(random).slice(0, 70_000)}`],
      () => [...part.headers, "Content-Type: text/plain; charset=utf-7"],
      () => [":", " folded", ...part.headers],
      () => part.headers.map((line) => line.toUpperCase()),
    ])();
  },
  "another boundary": (form, random) => {
    form.boundary = random.pick([
      "-",
      "a".repeat(70),
      "b".repeat(random.magnitude(71, 8_000)),
      "x y",
      '"q"',
      "fuzz--",
    ]);
  },
  "a boundary that is not declared": (form, random) => {
    form.declaredBoundary = random.pick([
      "other",
      '""',
      '"',
      "",
      "----fuzz--",
      "----fuz",
      '"----fuzz',
      "----fuzz; boundary=other",
    ]);
  },
  "another content type": (form, random) => {
    form.contentType = random.pick([
      "multipart/mixed",
      "MULTIPART/FORM-DATA",
      "multipart/form-data; charset=utf-16",
      "multipart/form-data;",
      "multipart",
    ]);
  },
  "other line ends": (form, random) => {
    form.lineEnd = random.pick(["\n", "\r", "\r\n ", "\r\r\n"]);
  },
  "a preamble": (form, random) => {
    form.preamble = "p\r\n".repeat(random.magnitude(1, 30_000));
  },
  "no end": (form, random) => {
    form.ending = random.pick([
      "",
      "-",
      "--",
      "\r\n",
      `--\r\n${"e".repeat(random.magnitude(1, 100_000))}`,
      "--\r\n------fuzz\r\n",
    ]);
  },
  "an empty file": (form) => {
    const last = form.parts.at(-1);
    if (last !== undefined) last.body = Buffer.alloc(0);
  },
  "a file that looks like a boundary": (form, random) => {
    const last = form.parts.at(-1);
    if (last !== undefined)
      last.body = Buffer.from("\r\n------fuz\r\n--".repeat(random.magnitude(1, 20_000)));
  },
  "no preflight": (form) => {
    form.headers = { "apollo-require-preflight": "" };
  },
};

function render({ parts, boundary, lineEnd, preamble, ending }: Form): Buffer {
  const pieces = parts.map(({ headers, body }) =>
    Buffer.concat([
      Buffer.from(`--${boundary}${lineEnd}${headers.map((line) => `${line}${lineEnd}`).join("")}${lineEnd}`),
      body,
      Buffer.from(lineEnd),
    ]),
  );
  return Buffer.concat([Buffer.from(preamble), ...pieces, Buffer.from(`--${boundary}${ending}`)]);
}

/** Cuts, repeats, inserts or replaces bytes at some places. */
export function changeBytes(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    // Most structure is in the first bytes.
    const at = random.chance(0.7)
      ? random.below(Math.min(changed.length, 1_000))
      : random.below(changed.length);
    const length = random.magnitude(1, 200);
    const [before, slice, after] = [
      changed.subarray(0, at),
      changed.subarray(at, at + length),
      changed.subarray(at + length),
    ];
    changed = random.pick<() => Buffer>([
      () => Buffer.concat([before, after]),
      () => Buffer.concat([before, slice, slice, after]),
      () =>
        Buffer.concat([
          before,
          Buffer.from(
            random.pick(["\r\n", "\n", "\r", "\0", ":", ";", "--", "\r\n\r\n", '"', "\xff"]),
            "latin1",
          ),
          slice,
          after,
        ]),
      () => Buffer.concat([before, Buffer.from([random.below(256)]), changed.subarray(at + 1)]),
      () => before,
    ])();
  }
  return changed;
}
