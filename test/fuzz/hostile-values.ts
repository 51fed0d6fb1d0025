import type { Random } from "../support/random.ts";

/** Stands for JSON that `JSON.stringify` cannot write: large numbers and deep nesting. `toJson` replaces it. */
const rawJson = (text: string) => `\u0001${text}\u0001`;

/** Renders JSON, with the values that only text can express. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(/"\\u0001((?:[^"\\]|\\")*)\\u0001"/g, (_, text: string) =>
    text.replaceAll('\\"', '"'),
  );
}

export const prototypeNames = ["__proto__", "constructor", "prototype", "hasOwnProperty", "toString", "then"];

const texts: readonly (readonly [name: string, make: (random: Random) => string])[] = [
  ["empty", () => ""],
  ["long", (random) => "x".repeat(random.magnitude(1_000, 1_500_000))],
  ["long in UTF-8", (random) => "€".repeat(random.magnitude(300, 400_000))],
  ["NUL", () => "a\u0000b"],
  ["lone surrogate", () => "a\ud800b"],
  ["combining", (random) => `e${"\u0301".repeat(random.magnitude(1, 5_000))}`],
  ["right to left", () => "\u202egpj.exe"],
  ["line ends", () => "a\r\nx-injected: 1\r\n\r\n"],
  ["path", () => "../../etc/passwd"],
  ["dots", () => "a/./b/../c"],
  ["percent", () => "%2e%2e%2f%00%zz"],
  ["template", () => "${filename}{sub}{{x}}`id`"],
  ["XML", () => "<a>&lt;]]>&amp;\u0085\u2028"],
  ["base64", (random) => Buffer.alloc(random.below(300), 7).toString("base64")],
  ["backtracking", (random) => `${"a".repeat(random.magnitude(10, 16_000))}!`],
  ["spaces", (random) => " ".repeat(random.magnitude(1, 16_000))],
  ["prototype name", (random) => random.pick(prototypeNames)],
  ["date", (random) => random.pick(["2026-13-45T99:99:99Z", "+275760-09-13T00:00:00.001Z", "0", "-1"])],
  ["emoji", (random) => "👩‍👩‍👧‍👦".repeat(random.magnitude(1, 2_000))],
];

const numbers = [
  0,
  -0,
  -1,
  1.5,
  1e-320,
  255,
  256,
  1_000,
  1_001,
  10_000,
  10_001,
  604_800,
  604_801,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  5 * 2 ** 30,
  5 * 2 ** 30 + 1,
  53_687_091_200_000,
  53_687_091_200_001,
  1e308,
  "1",
  "0x10",
  "1e3",
  "NaN",
];
const rawNumbers = [
  "1e400",
  "-1e400",
  "9007199254740993",
  "0.1e-999999",
  "1e99999",
  "123456789012345678901234567890",
];

/** A value of any type, that a client would not send. */
export function hostileValue(random: Random): unknown {
  const kinds: readonly (() => unknown)[] = [
    () => hostileText(random),
    () => hostileText(random),
    () => random.pick(numbers),
    () => rawJson(random.pick(rawNumbers)),
    () => random.pick([null, true, false, [], {}]),
    () => nested(random.magnitude(1, 5_000), "[", "]"),
    () => nested(random.magnitude(1, 5_000), '{"a":', "}"),
    () => prototypes(random),
    () => Array.from({ length: random.magnitude(1, 45_000) }, (_, index) => index),
    () => Object.fromEntries(Array.from({ length: random.magnitude(1, 20_000) }, (_, i) => [`k${i}`, i])),
  ];
  return random.pick(kinds)();
}

export function hostileText(random: Random): string {
  return random.pick(texts)[1](random);
}

function nested(levels: number, opening: string, closing: string): string {
  return rawJson(`${opening.repeat(levels)}null${closing.repeat(levels)}`);
}

/** With names of Object.prototype as own properties, as only JSON can have them. */
function prototypes(random: Random): unknown {
  const name = random.pick(prototypeNames);
  return JSON.parse(
    `{${JSON.stringify(name)}: {"isAdmin": true, "toString": 1, "bucket": "demo", "key": "k"}}`,
  );
}
