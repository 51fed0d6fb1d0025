const shape = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Parses the basic format of ISO 8601, `20130524T000000Z`. Undefined for anything else, including 30 February. */
export function parseAmzDate(text: string): Date | undefined {
  if (!shape.test(text)) return undefined;
  const date = new Date(text.replace(shape, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(date.getTime()) || toAmzDate(date) !== text ? undefined : date;
}

/** Formats whole seconds; a fraction is dropped. */
export function toAmzDate(date: Date): string {
  return date
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
}

/** Formats as `2013-05-24T00:00:00Z`, as AWS does in XML. */
export function toIsoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
