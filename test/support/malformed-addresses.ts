/** Values that no argument of the API takes, each with what is wrong. */

export const malformedBuckets: readonly (readonly [what: string, bucket: string])[] = [
  ["an empty name", ""],
  ["two letters", "ab"],
  ["64 letters", "a".repeat(64)],
  ["capitals", "Demo"],
  ["an underscore", "my_bucket"],
  ["a slash", "demo/photos"],
  ["dots side by side", "my..bucket"],
  ["a hyphen at the end", "demo-"],
  ["an IP address", "192.168.0.1"],
  ["a parent folder", "../demo"],
  ["a host", "evil.example.com#"],
  ["an ARN", "arn:aws:s3:::demo"],
  ["an access point's alias", "mine-s3alias"],
  ["a directory bucket", "mine--use1-az4--x-s3"],
  ["a line break", "demo\n"],
];

export const malformedKeys: readonly (readonly [what: string, key: string])[] = [
  ["an empty key", ""],
  ["1,025 bytes", "k".repeat(1025)],
  ["1,025 bytes in 1,024 characters", `${"k".repeat(1023)}ü`],
  ["a lone surrogate", "a\ud800b"],
];

/** Keys that no new object gets. Objects that have them can be read, copied and deleted. */
export const malformedNewKeys: typeof malformedKeys = [
  ...malformedKeys,
  ["NUL", "a\u0000b"],
  ["a line break", "a\r\nb"],
  ["DEL", "a\u007f"],
  ["a segment of one dot", "a/./b"],
  ["a segment of two dots", "a/../b"],
  ["two dots alone", ".."],
  ["a form's file name", "a/${filename}"],
];
