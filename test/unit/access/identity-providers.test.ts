import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAccessFile } from "../../../src/access/access-file.ts";
import { Grants } from "../../../src/access/grants.ts";
import { loadConfig } from "../../../src/app/config/config.ts";

const page = readFileSync("docs/guides/identity-providers.md", "utf8");
const sections = page
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const block = (language: string) =>
      new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms").exec(section)?.[1];
    const [name = ""] = section.split("\n", 1);
    const access = block("yaml");
    return access === undefined
      ? []
      : [{ name, access, env: block("env") ?? "", token: block("json") ?? "" }];
  });

test("the page has all providers that it names", () => {
  expect(sections.map(({ name }) => name)).toEqual([
    "Auth0",
    "Okta",
    "Microsoft Entra ID",
    "Amazon Cognito",
    "Keycloak",
  ]);
});

describe.each(sections)("the section on $name", ({ access, env, token }) => {
  const claims = JSON.parse(token) as { iss: string; sub: string; aud?: string | string[] };

  test("has settings that the server accepts and that the example token fits", () => {
    const environment = Object.fromEntries(
      env
        .trim()
        .split("\n")
        .map((line) => line.split(/=(.*)/s, 2)),
    );
    const issuers = loadConfig(environment).tokens?.issuers;
    expect(issuers).toMatchObject([{ issuer: claims.iss }]);
    expect([claims.aud].flat()).toEqual(expect.arrayContaining([issuers?.[0]?.audiences?.[0]]));
  });

  test("has an access file that gives the example token a folder of its own, and its group the site", () => {
    const { rules, warnings } = parseAccessFile(access, "identity-providers.md");
    expect(warnings).toEqual([]);
    const grantsOf = (given: Record<string, unknown> & { sub: string }) =>
      new Grants(rules).grantsFor({ authenticated: true, subject: given.sub, claims: given });
    const grants = grantsOf(claims);
    expect(grants).toMatchObject([{ bucket: "user-content" }, { bucket: "site", prefix: "" }]);
    expect(grants[0]?.prefix).toMatch(/^users\/[^/{}]+\/$/);
    // A token that has only what every token has reaches no site.
    const { iss, sub } = claims;
    expect(grantsOf({ iss, sub }).map(({ bucket }) => bucket)).not.toContain("site");
  });
});
