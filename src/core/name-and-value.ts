/**
 * A header, a form field, an entry of metadata or a tag. They are kept in lists and not in objects, because clients
 * choose the names.
 */
export interface NameAndValue {
  readonly name: string;
  readonly value: string;
}
