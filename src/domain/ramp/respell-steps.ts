import { formatDuration, readDuration } from '../language/duration.ts';
import { readPercent } from '../language/percent.ts';
import { type Draft, type DraftItem, mended, writtenDraft } from './mend-steps.ts';

/**
 * Other ways to write the steps of a ramp, as the language has them: `10 -> 50 every 5 min` is `10,50 every 5m`. Undefined where a word
 * is left that says nothing here. What comes out may still break a rule; whoever asks reads it again.
 */
export function respellSteps(text: string): string | undefined {
  const tokens = spelled(text)
    .split(/[\s,]+/)
    .filter((token) => token !== '')
    .map(ourWord);
  const draft = tokens.length > mostTokens ? undefined : draftOf(tokens);
  return draft && writtenDraft(mended(draft));
}

const mostTokens = 100;

/** Repetition is bounded, so that no text takes long. In this order: what is rewritten first is not seen by what comes after it. */
function spelled(text: string): string {
  return text
    .replaceAll(/["'`*]/g, '')
    .replaceAll(/(\d) ?(?:%|percent\b|pct\b|per cent\b)/g, '$1 ')
    .replaceAll(/\b(every|each|per|for) (?:an? |one )?(minute|hour|day)\b/g, '$1 1$2')
    .replaceAll(
      /(\d{1,6}(?:\.\d{1,3})?) ?(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|[smhd])(?![a-z])/g,
      timeInUnits,
    )
    .replaceAll(/(\d{1,4})h ?(\d{1,4})m(?![a-z])/g, (_, hours, minutes) => `${Number(hours) * 60 + Number(minutes)}m`)
    .replaceAll(/[.!?]{1,5}$/g, '')
    .replace(/^(?: ?\b(?:ramp|steps|stages|to|in|with|via|over|at|from)\b:? ?){1,3}/, '')
    .replaceAll(/(?<=\d )(?:in |by |with )?(?:steps?|increments?|jumps?)(?: of| by)?(?= )|\+(?=\d)/g, ' by ')
    .replaceAll(/(\d) ?(?:\.{1,4}|…|-{1,3}>?|–|—|→|=>|:|\bup to\b|\bto\b|\buntil\b) ?(\d{1,3})(?= +by )/g, '$1 .. $2')
    .replaceAll(/(\d) ?(?:\.{2,4}|…) ?(?=\d)/g, '$1 .. ')
    .replaceAll(/-{0,3}>{1,3}|={1,2}>|→|[;|/&]|(?<=\d) ?[-–—] ?(?=\d)|\b(?:then|and|to)\b/g, ' , ')
    .replaceAll(/[:@=()[\]{}]/g, ' ');
}

function timeInUnits(_: string, amount: string, unit: string): string {
  const unitMs = readDuration(`1${unit.slice(0, 1)}`) ?? 0;
  return formatDuration(Math.round((Number(amount) * unitMs) / 1000) * 1000);
}

/** Words that stand for ours. `rest` asks a person, or with a time after it waits that long: Argo Rollouts calls both `pause`. */
const synonyms: Readonly<Record<string, string>> = {
  ...{ each: 'every', per: 'every', interval: 'every', at: 'every' },
  ...{ during: 'for', fro: 'for', fo: 'for', or: 'for', stay: 'for' },
  ...{ asks: 'ask', aks: 'ask', approve: 'ask', approval: 'ask', manual: 'ask', gate: 'ask', confirm: 'ask' },
  ...{ wait: 'rest', pause: 'rest', hold: 'rest', watch: 'rest' },
  ...{ step: 'by', steps: 'by', bye: 'by' },
};

function ourWord(token: string): string {
  if (/^e[very]{2,5}$/.test(token)) return 'every';
  return Object.hasOwn(synonyms, token) ? (synonyms[token] ?? token) : token;
}

function draftOf(tokens: readonly string[]): Draft | undefined {
  let draft: Draft = { items: [] };
  for (let at = 0; at < tokens.length; ) {
    const read = part(draft, tokens.slice(at, at + 2));
    if (read === undefined) return undefined;
    draft = read.draft;
    at += read.taken;
  }
  return draft;
}

interface Part {
  readonly draft: Draft;
  readonly taken: number;
}

/** One or two words more of what was typed. */
function part(draft: Draft, [word = '', value = '']: readonly string[]): Part | undefined {
  const last = draft.items.at(-1);
  const time = timeOf(value);
  const withLast = (more: Partial<DraftItem>, taken: number) => {
    if (last === undefined || Object.keys(more).some((key) => Object.hasOwn(last, key))) return undefined;
    return { draft: { ...draft, items: [...draft.items.slice(0, -1), { ...last, ...more }] }, taken };
  };
  if (readPercent(word) !== undefined)
    return { draft: { ...draft, items: [...draft.items, { percent: Number.parseInt(word, 10) }] }, taken: 1 };
  if (word === 'every') return { draft: { ...draft, every: time ?? '5m' }, taken: time === undefined ? 1 : 2 };
  const share = readPercent(value);
  if (word === '..' || word === 'by')
    return share === undefined ? undefined : withLast({ [word === 'by' ? 'by' : 'to']: share }, 2);
  if (word === 'ask') return withLast({ stay: 'ask' }, 1);
  if (word === 'rest' && readDuration(value) === undefined) return withLast({ stay: 'ask' }, 1);
  if (word === 'rest') return withLast({ stay: value }, 2);
  if (word === 'for' && time !== undefined) return withLast({ stay: time }, 2);
  return readDuration(word) === undefined ? undefined : withLast({ stay: word }, 1);
}

/** A number without its unit is meant in minutes. */
function timeOf(word: string): string | undefined {
  if (/^[1-9]\d{0,3}$/.test(word)) return `${word}m`;
  return readDuration(word) === undefined ? undefined : word;
}
