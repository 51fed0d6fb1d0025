import { text } from "node:stream/consumers";
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  STSClient,
} from "@aws-sdk/client-sts";
import { startHttpServer } from "./listening.ts";
import { type Closable, startTogether } from "./resources.ts";
import type { StoreDescription } from "./store-description.ts";

export interface RewritingSts extends Closable {
  readonly url: string;
  /** The sessions that it has granted so far, in order. */
  readonly sessions: readonly { readonly sessionToken: string; readonly expiresAt: Date }[];
}

/**
 * Starts an STS that grants other sessions than it is asked for. The store's own STS issues them, so the store
 * accepts their credentials.
 */
export function startRewritingSts(
  store: StoreDescription,
  rewrite: (asked: AssumeRoleCommandInput) => AssumeRoleCommandInput,
): Promise<RewritingSts> {
  return startTogether(async (started) => {
    const { endpoint, region, baseCredentials: credentials } = store;
    const sts = new STSClient({ endpoint, region, credentials });
    started.defer(() => sts.destroy());
    const sessions: { sessionToken: string; expiresAt: Date }[] = [];
    const server = await started.use(
      startHttpServer(async (request, response) => {
        const form = new URLSearchParams(await text(request));
        const asked = {
          RoleArn: form.get("RoleArn") ?? undefined,
          RoleSessionName: form.get("RoleSessionName") ?? undefined,
          Policy: form.get("Policy") ?? undefined,
          DurationSeconds: Number(form.get("DurationSeconds")),
        };
        const { Credentials } = await sts.send(new AssumeRoleCommand(rewrite(asked)));
        const { SessionToken: sessionToken = "", Expiration: expiresAt = new Date(0) } = Credentials ?? {};
        sessions.push({ sessionToken, expiresAt });
        response.setHeader("content-type", "text/xml");
        response.end(assumeRoleResponse(Credentials));
      }),
    );
    return { url: server.url, sessions };
  });
}

function assumeRoleResponse(credentials: Credentials | undefined): string {
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <Credentials>
      <AccessKeyId>${credentials?.AccessKeyId}</AccessKeyId>
      <SecretAccessKey>${credentials?.SecretAccessKey}</SecretAccessKey>
      <SessionToken>${credentials?.SessionToken}</SessionToken>
      <Expiration>${credentials?.Expiration?.toISOString()}</Expiration>
    </Credentials>
  </AssumeRoleResult></AssumeRoleResponse>`;
}
