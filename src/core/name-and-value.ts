/** A header, a form field, an entry of metadata or a tag. Lists of these hold names that clients choose. */
export interface NameAndValue {
  readonly name: string;
  readonly value: string;
}
