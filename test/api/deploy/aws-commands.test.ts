import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { repository } from "../../support/build-context.ts";
import { codeBlocks } from "../../support/markdown.ts";
import { makeTemporaryFolder } from "../../support/resources.ts";
import { hasCommand } from "../../support/shell.ts";

const read = (path: string) => readFileSync(join(repository, path), "utf8");

/** The commands of the AWS CLI in a guide, each on one line. */
function awsCommands(name: string): string[] {
  const lines = read(`docs/guides/${name}`)
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  return lines.map((line) => line.trim()).filter((line) => line.startsWith("aws "));
}

// Some newer versions refuse the output that they make up for create-service. .ci/run installs this one, which is too old for
// Pod Identity, the only command in the guide to Kubernetes.
const debiansAws = "/usr/bin/aws";

// There is no AWS here. The AWS CLI checks its parameters and calls nothing if it is asked for a skeleton of the output.
describe.runIf(hasCommand(debiansAws))("the AWS CLI accepts the commands", () => {
  test.each([
    ["deploy-aws.md", 6],
    ["incidents.md", 1],
  ])("of %s", async (name, count) => {
    await using folder = await makeTemporaryFolder("aws-commands");
    await writeFile(join(folder.path, "grants.yaml"), "grants: []");
    const [policy = ""] = codeBlocks("json", read("docs/guides/incidents.md").replaceAll(/^ {2}/gm, ""));
    await writeFile(join(folder.path, "revoke.json"), policy);
    const commands = awsCommands(name);
    expect(commands).toHaveLength(count);
    for (const command of commands) {
      const script = `${command.replace("aws", debiansAws)} --generate-cli-skeleton output`.replace(
        "file://deploy/",
        `file://${repository}/deploy/`,
      );
      const { stdout } = await promisify(execFile)("sh", ["-e", "-c", script], {
        cwd: folder.path,
        env: { PATH: process.env.PATH, HOME: folder.path, AWS_DEFAULT_REGION: "eu-central-1" },
      });
      // Some operations return nothing.
      if (stdout.trim() !== "") JSON.parse(stdout);
    }
  });
});
