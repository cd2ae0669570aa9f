/** The lists of rules that an object may have beside its main one. Places are counted in each. */
export type OtherList = 'tcp' | 'tls';

/** Keys are in the history on the object, whose room is small. */
const longestMatch = 120;

/**
 * The key of a rule that no name tells from the others: its place and what it matches, `#2 path = /orders`. It stays the same while
 * neighbours are renamed. Once the rule matches something else, or a rule is put above it, nobody answers to the key any more.
 */
export function placedKey({
  place,
  match,
  list,
}: {
  place: number;
  match: string;
  list?: OtherList | undefined;
}): string {
  const what = match === '' ? 'anything' : match;
  const shown = what.length <= longestMatch ? what : `${what.slice(0, longestMatch).toWellFormed()}… ${digest(what)}`;
  return `${list ?? ''}#${place} ${shown}`;
}

/** Whether a key tells a rule by its place. Histories of before have places alone (`#2`). */
export function isPlaced(key: string): boolean {
  return /^(?:tcp|tls)?#\d+(?: |$)/.test(key);
}

/** Whether a rule's own name can be its key: no other kind of key looks like it. */
export function isTelling(name: string | undefined, defaultKey: string): name is string {
  return name !== undefined && name !== '' && name !== defaultKey && !isPlaced(name);
}

/** `#2` of `#2 path = /orders`. */
export function placeOfKey(key: string): string | undefined {
  return isPlaced(key) ? key.split(' ', 1)[0] : undefined;
}

/** FNV-1a. It only has to tell apart two long matches that begin alike. */
function digest(text: string): string {
  const hash = [...new TextEncoder().encode(text)].reduce((all, byte) => Math.imul(all ^ byte, 0x01000193), 0x811c9dc5);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
