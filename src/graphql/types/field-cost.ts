import { Extensions } from "type-graphql";

export type Arguments = Readonly<Record<string, unknown>>;

/** A number that depends on a field's arguments, and its maximum. */
export interface ArgumentAmount {
  readonly max: number;
  /** @param parts how many parts the upload in question has at most */
  of(args: Arguments, parts: number): number;
}

export type Amount = number | ArgumentAmount;

/** What a field costs. A list has to declare `items`; a test fails for one that does not. */
export interface FieldCost {
  /**
   * The maximum number of items that the field returns. On a connection it multiplies everything that is selected
   * below, so the connection's own lists declare 1.
   */
  readonly items?: Amount;
  /** The number of values that a value without subfields counts as. Default: 1. */
  readonly value?: number;
  /** The calls to S3 each time the field is resolved. */
  readonly s3Calls?: Amount;
  /** The name of a call to S3 that several fields of an object share. It counts once for all of them. */
  readonly sharedS3Call?: string;
  /** The name of a shared call to S3 that each item may need for fields that are otherwise free. */
  readonly itemS3Call?: string;
  /** For a field that starts uploads: how many parts each of them has. */
  readonly partCounts?: (args: Arguments) => readonly number[];
}

/** Declares what a field costs. docs/decisions/0011-operation-cost.md explains how costs are added up. */
export function Cost(cost: FieldCost): MethodDecorator & PropertyDecorator {
  return Extensions({ cost }) as MethodDecorator & PropertyDecorator;
}

export const maxItems = 1000;

/** The `value` of a URL, which has more than a thousand characters and needs a signature. */
export const urlValues = 25;

/** The length of the list in the argument `name`. */
export function lengthOf(name: string): ArgumentAmount {
  return { max: maxItems, of: (args) => listLength(args[name]) };
}

/** The size of a page, from the argument `first`. */
export const pageSize: ArgumentAmount = { max: maxItems, of: ({ first }) => boundedPage(first) };

export function listLength(list: unknown): number {
  return Array.isArray(list) ? list.length : 1;
}

export function boundedPage(first: unknown): number {
  return typeof first === "number" ? Math.min(Math.max(first, 1), maxItems) : maxItems;
}
