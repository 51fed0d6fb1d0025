/** The value of a metric without labels that a running server reports. */
export async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`${url}/metrics has no ${name}.`);
  return Number(value);
}

export const uploadsInFlight = (url: string): Promise<number> => metricOf(url, "valetkey_uploads_in_flight");
