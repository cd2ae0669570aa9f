import type { Word } from '../text/typed-text.ts';

/**
 * The words without those that ask for a dry run; undefined where none does. People write `dry-run`, `(dry run)`, `-- dry-run` and
 * branch-deploy's `noop`, and phones put other dashes in.
 */
export function withoutDryRun(words: readonly Word[]): readonly Word[] | undefined {
  const bare = words.map(({ text }) => bareWord(text));
  const asks = bare.map((word, at) => isDryRun(word) || isDryRun(`${word} ${bare[at + 1]}`));
  if (!asks.includes(true)) return undefined;
  return words.filter(({ text }, at) => {
    const isSecondOfTwo = asks[at - 1] === true && bare[at] === 'run';
    return asks[at] !== true && !isSecondOfTwo && !isPunctuation(text);
  });
}

/** Whether a text, or the name of a flag, only asks for a dry run. */
export function asksForDryRun(text: string): boolean {
  const bare = bareWord(text);
  return isDryRun(bare) || bare === 'dry';
}

/** How many words begin with `dry`: in a suggestion, those that were read as names. */
export function countDry(text: string): number {
  return text.toLowerCase().match(/(?<![a-z0-9])dry/g)?.length ?? 0;
}

function isDryRun(bare: string): boolean {
  return /^(?:dry[- ]?run|no-?op)(?:=(?:true|yes|1))?$/.test(bare);
}

const maxLength = 30;

/** In lower case, with plain dashes, and without the punctuation around it. */
function bareWord(text: string): string {
  if (text.length > maxLength) return '';
  return plainDashes(text)
    .toLowerCase()
    .replaceAll('_', '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
}

function isPunctuation(text: string): boolean {
  return text.length <= maxLength && /^[-()[\]{}<>.,:;!"']+$/.test(plainDashes(text));
}

function plainDashes(text: string): string {
  return text.replaceAll(/[\p{Pd}\u2212]/gu, '-');
}
