import manifest from "../../package.json" with { type: "json" };

/** The version of this package. package.json is the only place that knows it. */
export const version: string = manifest.version;
