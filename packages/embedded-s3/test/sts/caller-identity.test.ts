import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { runningStore } from "../running-store.ts";

test("a role session's UserId is the role's id and the session's name", async () => {
  const { sts, endpoint, region, roleArn } = await runningStore();
  const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "alice" }));
  const session = new STSClient({
    endpoint,
    region,
    credentials: {
      accessKeyId: assumed.Credentials?.AccessKeyId ?? "",
      secretAccessKey: assumed.Credentials?.SecretAccessKey ?? "",
      sessionToken: assumed.Credentials?.SessionToken ?? "",
    },
  });
  const caller = await session.send(new GetCallerIdentityCommand());
  session.destroy();
  expect(caller.UserId).toMatch(/^AROA[A-Z0-9]{17}:alice$/);
  expect(caller.UserId).toBe(assumed.AssumedRoleUser?.AssumedRoleId);
});

test("the UserId of the store's own keys is that of an IAM user", async () => {
  const { sts } = await runningStore();
  expect((await sts.send(new GetCallerIdentityCommand())).UserId).toMatch(/^AIDA[A-Z0-9]{17}$/);
});
