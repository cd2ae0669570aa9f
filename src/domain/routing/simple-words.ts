/** Two texts that people would call the same are the same after this: spaces, case and typographic quotes make no difference. */
export function simpleWords(text: string): string {
  return text
    .normalize()
    .toLowerCase()
    .replaceAll(/["‘’]/g, "'")
    .replaceAll(/\s*([=~])\s*/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
