import { validationError } from "./sts-errors.ts";

const maxTags = 50;
const maxKeyLength = 128;
const maxValueLength = 256;
const tagCharacters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * Parses Tags.member.N.Key and Tags.member.N.Value, with N from 1. Empty if the request has no tags.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 * @throws {StoreError} 400 ValidationError
 */
export function parseSessionTags(parameters: URLSearchParams): Readonly<Record<string, string>> {
  const tags = new Map<string, string>();
  for (let number = 1; parameters.has(`Tags.member.${number}.Key`); number += 1) {
    if (number > maxTags) throw validationError(`At most ${maxTags} session tags are allowed.`);
    const key = parameters.get(`Tags.member.${number}.Key`) ?? "";
    const value = parameters.get(`Tags.member.${number}.Value`);
    if (key === "" || key.length > maxKeyLength || !tagCharacters.test(key) || /^aws:/i.test(key)) {
      throw validationError(`Value '${key}' at 'tags.${number}.member.key' failed to satisfy constraint.`);
    }
    if (value === null || value.length > maxValueLength || !tagCharacters.test(value)) {
      throw validationError(
        `Value '${value}' at 'tags.${number}.member.value' failed to satisfy constraint.`,
      );
    }
    tags.set(key, value);
    const keys = [...tags.keys()].map((each) => each.toLowerCase());
    if (new Set(keys).size !== number) {
      throw validationError("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    }
  }
  assertTransitiveKeys(parameters, tags);
  return Object.fromEntries(tags);
}

function assertTransitiveKeys(parameters: URLSearchParams, tags: ReadonlyMap<string, string>): void {
  for (let number = 1; number <= maxTags; number += 1) {
    const key = parameters.get(`TransitiveTagKeys.member.${number}`);
    if (key === null) return;
    if (!tags.has(key)) {
      throw validationError("The specified transitive tag key must be included in the requested tags.");
    }
  }
}
