import { asksForDryRun } from '../language/dry-run-words.ts';

/** Words that mean something else where the name of a ramp may stand. */
const reserved: ReadonlySet<string> = new Set([
  ...['every', 'for', 'ask', 'by', 'to', 'then', 'ramp'],
  ...['nan', 'infinity'], // a percentage that a program got wrong
]);

/**
 * Whether the policy file may give a ramp this name: letters, digits and dashes, a letter first. Not a word of the language, nothing that
 * asks for a dry run, and nothing that begins like AWS's `linear10every1m`.
 */
export function isRampName(text: string): boolean {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(text) || reserved.has(text)) return false;
  return !/^dry|^(?:linear|canary)\d/.test(text) && !asksForDryRun(text);
}
