const shape = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** Reads ISO 8601's basic format, `20130524T000000Z`; undefined for anything else, 30 February included. */
export function parseAmzDate(text: string): Date | undefined {
  if (!shape.test(text)) return undefined;
  const date = new Date(text.replace(shape, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(date.getTime()) || toAmzDate(date) !== text ? undefined : date;
}

/** Whole seconds: a fraction is cut off. */
export function toAmzDate(date: Date): string {
  return date
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
}

/** Extended format without a fraction, `2013-05-24T00:00:00Z`, as AWS writes times in XML. */
export function toIsoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
