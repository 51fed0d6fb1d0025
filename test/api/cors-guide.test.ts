import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const guide = readFileSync(resolve(import.meta.dirname, "../../docs/guides/cors.md"), "utf8");

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(guide)?.[1];
  if (found === undefined) throw new Error(`The guide has no block in ${language}.`);
  return found;
}

interface Rules {
  readonly CORSRules: readonly Readonly<Record<string, string[] | number>>[];
}

/** `AllowedOrigins` is `allowed_origins` in Terraform. */
function inTerraform(rule: Readonly<Record<string, string[] | number>>): string[] {
  const attributes = Object.entries(rule).map(
    ([name, value]) =>
      [
        name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase(),
        JSON.stringify(value).replaceAll(",", ", "),
      ] as const,
  );
  const width = Math.max(...attributes.map(([name]) => name.length));
  // Aligned, as `terraform fmt` writes it.
  return attributes.map(([name, value]) => `    ${name.padEnd(width)} = ${value}`);
}

test("the Terraform of the guide for CORS has the same rules as its JSON", () => {
  const { CORSRules } = JSON.parse(block("json")) as Rules;
  const rules = CORSRules.flatMap((rule) => ["", "  cors_rule {", ...inTerraform(rule), "  }"]);
  expect(block("hcl").trimEnd().split("\n")).toEqual([
    'resource "aws_s3_bucket_cors_configuration" "user_content" {',
    "  bucket = aws_s3_bucket.user_content.id",
    ...rules,
    "}",
  ]);
});
