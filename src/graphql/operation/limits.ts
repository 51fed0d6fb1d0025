/**
 * The limits of one GraphQL request. Each is checked before anything is computed from the value that it limits.
 * docs/limits.md lists them.
 */
export const limits = {
  /** The length of the query text in bytes of UTF-8, whether it is sent or known by its hash. */
  documentBytes: 64 * 2 ** 10,
  /** graphql-js stops parsing at this limit. */
  tokens: 10_000,
  /** The number of operations and fragments in a document. */
  definitions: 100,
  /** The depth of nested selection sets, lists and objects, with fragments expanded. */
  depth: 30,
  /** The number of fields and of uses of fragments, with each fragment counted wherever it is used. */
  fields: 5_000,
  /**
   * What validation compares: pairs of fields with the same place in the response, with their arguments, and pairs of
   * fragments. A name that is repeated 500 times reaches the limit, and one with two arguments and a selection 150 times.
   */
  comparisons: 250_000,
  /** The length in characters of a name in a document, of the operation's name, and of a key of the variables. */
  nameLength: 128,
  /** The number of strings, numbers, lists and objects in the variables. */
  variableValues: 40_000,
  /** The number of names of one object in the variables. An error of graphql-js formats the whole object. */
  variableNames: 1_000,
  /** The length in characters of a string in the variables. */
  variableLength: 16 * 2 ** 10,
  /** The number of values in the response. A page of 1,000 objects with all fields has 85,000. */
  operationValues: 90_000,
  /**
   * The number of calls to S3 that an operation may need, counted before the first. A page of 1,000 objects with all
   * fields needs 2,001.
   */
  operationS3Calls: 2_500,
  /** The number of values in the arguments of all fields. They are converted for each field. */
  operationInputs: 40_000,
  /** The number of errors after which graphql-js stops validating. */
  validationErrors: 20,
  /** The length of an error message in characters. */
  messageLength: 1_000,
  /** The size of all errors of a response in bytes. */
  errorBytes: 2 ** 20,
  /** The size of a response's data in bytes. */
  responseBytes: 12 * 2 ** 20,
  /** The size of the cache of documents in bytes. */
  knownDocumentBytes: 16 * 2 ** 20,
} as const;
