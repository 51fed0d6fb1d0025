/** The code blocks of one language in a page. */
export function codeBlocks(language: string, page: string): string[] {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].map(([, block]) => block ?? "");
}
