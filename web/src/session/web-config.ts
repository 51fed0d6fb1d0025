/** What the server tells its web client. */
export interface WebConfig {
  readonly graphqlUrl: string;
  /** Made-up callers that the server issues tokens for. Empty unless it runs on its embedded store. */
  readonly developmentCallers: readonly string[];
  readonly defaultBucket: string | null;
}

export async function fetchWebConfig(): Promise<WebConfig> {
  const response = await fetch("web-config.json", { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`The server responded with HTTP status ${response.status}.`);
  return (await response.json()) as WebConfig;
}
