import { afterAll } from "vitest";

/** Shares a resource between all tests of a file. It is disposed of after the last one. */
export async function shareInFile<Resource extends AsyncDisposable>(
  starting: Resource | Promise<Resource>,
): Promise<Resource> {
  const resource = await starting;
  afterAll(() => resource[Symbol.asyncDispose]());
  return resource;
}
