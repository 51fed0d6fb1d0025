import { planUpload } from "../../storage/multipart/upload-plan.ts";
import { UploadMethod } from "../types/enums.ts";
import type { Arguments } from "../types/field-cost.ts";

/** The number of parts of an upload with the given arguments. It is 0 if the arguments are invalid. */
export function partCountOf({ size, method }: Arguments): number {
  if (isSinglePart(method)) return 0;
  try {
    return planUpload(size as number).partCount;
  } catch {
    return 0;
  }
}

/** `resume` lists the pending uploads of the key, and the parts of up to 100 of them. */
export function callsToStart({ size, method, resume }: Arguments): number {
  if (isSinglePart(method) || typeof size !== "number") return 0;
  return resume === true ? 102 : 1;
}

export function asList(value: unknown): readonly Arguments[] {
  return Array.isArray(value) ? (value as Arguments[]) : [];
}

function isSinglePart(method: unknown): boolean {
  return method === UploadMethod.PUT || method === UploadMethod.POST;
}
