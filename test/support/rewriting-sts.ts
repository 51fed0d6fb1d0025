import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from "@aws-sdk/client-sts";
import { listenOnLoopback, stopListening } from "./listening.ts";
import type { StoreDescription } from "./store-description.ts";

/**
 * An STS that grants other sessions than it is asked for. The store's own STS issues them, so the store
 * honours them as it honours any other.
 */
export async function startRewritingSts(
  store: StoreDescription,
  rewrite: (asked: AssumeRoleCommandInput) => AssumeRoleCommandInput,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { endpoint, region, baseCredentials: credentials } = store;
  const sts = new STSClient({ endpoint, region, credentials });
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const asked = {
      RoleArn: form.get("RoleArn") ?? undefined,
      RoleSessionName: form.get("RoleSessionName") ?? undefined,
      Policy: form.get("Policy") ?? undefined,
      DurationSeconds: Number(form.get("DurationSeconds")),
    };
    const { Credentials } = await sts.send(new AssumeRoleCommand(rewrite(asked)));
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
