import { Extensions } from "type-graphql";

export type Arguments = Readonly<Record<string, unknown>>;

/** A number that depends on a field's arguments, and the most that it can be. */
export interface ArgumentAmount {
  readonly max: number;
  /** @param parts how many parts the upload in question has at most */
  of(args: Arguments, parts: number): number;
}

export type Amount = number | ArgumentAmount;

/** What a field costs. A list has to declare `items`; a test fails for one that does not. */
export interface FieldCost {
  /**
   * How many items the field returns at most. On a connection it multiplies everything that is selected below, so the
   * connection's own lists have 1.
   */
  readonly items?: Amount;
  /** What a value without subfields counts. The default is 1. */
  readonly value?: number;
  /** Calls to S3 for each time that the field is resolved. */
  readonly s3Calls?: Amount;
  /** A call to S3 that fields of one object share: it counts once for all fields with the same name. */
  readonly sharedS3Call?: string;
  /** For a field that starts uploads: how many parts each of them has. */
  readonly partCounts?: (args: Arguments) => readonly number[];
}

/** Declares what a field costs. docs/decisions/0011-operation-cost.md explains how costs are added up. */
export function Cost(cost: FieldCost): MethodDecorator & PropertyDecorator {
  return Extensions({ cost }) as MethodDecorator & PropertyDecorator;
}

export const maxItems = 1000;

/** What a URL counts, as its `value`: it has some thousand characters and needs a signature. */
export const urlValues = 25;

/** As many as the list that the argument `name` holds. */
export function lengthOf(name: string): ArgumentAmount {
  return { max: maxItems, of: (args) => listLength(args[name]) };
}

/** A page of the size that the argument `first` says. */
export const pageSize: ArgumentAmount = { max: maxItems, of: ({ first }) => boundedPage(first) };

export function listLength(list: unknown): number {
  return Array.isArray(list) ? list.length : 1;
}

export function boundedPage(first: unknown): number {
  return typeof first === "number" ? Math.min(Math.max(first, 1), maxItems) : maxItems;
}
