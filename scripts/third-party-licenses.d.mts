/** Whether one of the alternatives of an SPDX expression is on the list of licences. */
export function isAllowed(license: string): boolean;
export function readThirdPartyPackages(
  directory: string,
): Promise<{ readonly name: string; readonly license: string }[]>;
