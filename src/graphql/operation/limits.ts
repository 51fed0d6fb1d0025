/**
 * The limits of one GraphQL request. All of them are checked before anything is computed from what they bound.
 * docs/security.md lists them.
 */
export const limits = {
  /** The length of the query text in bytes of UTF-8, whether it is sent or known by its hash. */
  documentBytes: 64 * 2 ** 10,
  /** graphql-js stops parsing there. */
  tokens: 10_000,
  /** Operations and fragments of one document. */
  definitions: 100,
  /** Selection sets, lists and objects inside each other, with fragments in their places. */
  depth: 30,
  /** Fields, with each fragment counted wherever it is used. */
  fields: 5_000,
  /**
   * Pairs of fields with the same place in the response. Validation compares each pair, so that one name repeated
   * 500 times is the most.
   */
  equalFieldPairs: 250_000,
  /** The characters of a name in a document, of the operation's name, and of a key of the variables. */
  nameLength: 128,
  /** Strings, numbers, lists and objects in the variables. */
  variableValues: 40_000,
  /** The characters of a string in the variables. */
  variableLength: 16 * 2 ** 10,
  /** What an operation may ask for, in values of the response. A page of 1,000 objects with all fields has 85,000. */
  operationValues: 90_000,
  /** Calls to S3 of one operation, counted before the first. A page of 1,000 objects with all fields needs 2,001. */
  operationS3Calls: 2_500,
  /** Values in the arguments of all fields, which are converted for each field. */
  operationInputs: 40_000,
  /** After that, graphql-js stops validating. */
  validationErrors: 20,
  /** The characters of an error message. */
  messageLength: 1_000,
  /** The bytes of all errors of a response. */
  errorBytes: 2 ** 20,
  /** The bytes of a response's data. */
  responseBytes: 12 * 2 ** 20,
  /** What is kept of documents, in bytes. */
  knownDocumentBytes: 16 * 2 ** 20,
} as const;
