import { expect, test } from "vitest";
import { variables } from "../../../src/app/config/variables/variables.ts";
import type { ValetKeySettings } from "../../../src/library/options.ts";

/** `MAX_UPLOAD_BYTES` → `maxUploadBytes` */
type CamelCase<Name extends string> = Name extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>;
type OptionOf<Name extends string> = Name extends `VALETKEY_${infer Rest}`
  ? CamelCase<Rest>
  : CamelCase<Name>;
type Option = OptionOf<keyof typeof variables & string>;

// If this does not compile, its type names the options that are missing or left over.
const missing: Exclude<Option, keyof ValetKeySettings>[] = [] satisfies never[];
const unknown: Exclude<keyof ValetKeySettings, Option>[] = [] satisfies never[];
const isComplete: [(typeof missing)[number], (typeof unknown)[number]] extends [never, never] ? true : false =
  true;

test("every variable is an option, and every option a variable", () => {
  expect(isComplete).toBe(true);
  expect(Object.keys(variables)).toContain("VALETKEY_PUBLIC_ENDPOINT_URL");
});
