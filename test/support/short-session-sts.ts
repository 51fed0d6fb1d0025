import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { listenOnLoopback, stopListening } from "./listening.ts";
import type { StoreDescription } from "./store-description.ts";

/**
 * An STS that grants sessions of `seconds`, whatever it is asked for. It has the store's own STS issue
 * them, under the policy and name that it was sent, so the store honours them for just as long.
 */
export async function startShortSessionSts(
  store: StoreDescription,
  seconds: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { endpoint, region, baseCredentials: credentials } = store;
  const sts = new STSClient({ endpoint, region, credentials });
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: form.get("RoleArn") ?? "",
        RoleSessionName: form.get("RoleSessionName") ?? "",
        Policy: form.get("Policy") ?? undefined,
        DurationSeconds: seconds,
      }),
    );
    response.setHeader("content-type", "text/xml");
    response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
      <Credentials>
        <AccessKeyId>${Credentials?.AccessKeyId}</AccessKeyId>
        <SecretAccessKey>${Credentials?.SecretAccessKey}</SecretAccessKey>
        <SessionToken>${Credentials?.SessionToken}</SessionToken>
        <Expiration>${Credentials?.Expiration?.toISOString()}</Expiration>
      </Credentials>
    </AssumeRoleResult></AssumeRoleResponse>`);
  });
  const url = await listenOnLoopback(server);
  return {
    url,
    close: async () => {
      sts.destroy();
      await stopListening(server);
    },
  };
}
