import { Field, ObjectType } from "type-graphql";

@ObjectType({
  simpleResolvers: true,
  description: "The position of a page in its list, as the Relay connection specification defines it.",
})
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there are more items after this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, {
    description: "Whether there are items before this page. That is the case when `after` was given.",
  })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "The cursor of the first edge of this page. `null` if the page has no edges.",
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Pass this as `after` to get the next page. `null` if the page is empty.",
  })
  endCursor!: string | null;
}

export interface Page {
  readonly hasNextPage: boolean;
  readonly endCursor: string | undefined;
}

/**
 * @param after the cursor that the page starts after. A cursor names an item of the list, so a page after a cursor has
 * an item before it.
 */
export function toPageInfo(
  { hasNextPage, endCursor }: Page,
  edges: readonly { readonly cursor: string }[],
  after: string | null | undefined,
): PageInfo {
  return {
    hasNextPage,
    hasPreviousPage: after !== null && after !== undefined,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: endCursor ?? null,
  };
}
