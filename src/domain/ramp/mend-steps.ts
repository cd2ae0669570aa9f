import { mostSteps } from './steps.ts';

/** Steps as they were written, before they are known to be right. */
export interface Draft {
  readonly items: readonly DraftItem[];
  readonly every?: string;
}

/** `10`, `10 for 30m`, `10 ask`, or a range: `10..100 by 10`. `stay` is `ask` or a time. */
export interface DraftItem {
  readonly percent: number;
  readonly to?: number | undefined;
  readonly by?: number | undefined;
  readonly stay?: string | undefined;
}

const usualTime = '5m';
const usualDistance = 10;

/** Fills in what is missing and takes out what is too much, as far as it is clear what was meant. */
export function mended({ items, every }: Draft): Draft {
  const clear = withoutLastAsk(items.map(mendedRange).filter(isNew));
  const spread = every === undefined ? commonTime(clear) : undefined;
  if (spread !== undefined) return { items: clear.map(({ stay: _, ...item }) => item), every: spread };
  return every === undefined ? { items: filledIn(clear) } : { items: clear, every };
}

export function writtenDraft({ items, every }: Draft): string {
  const [only, ...more] = items;
  if (only !== undefined && only.to === undefined && more.length === 0) return itemText({ stay: every, ...only });
  const texts = items.map(itemText);
  const separator = items.some(({ stay }) => stay !== undefined) ? ', ' : ',';
  return [texts.join(separator), ...(every === undefined ? [] : [`every ${every}`])].join(' ');
}

function itemText({ percent, to, by, stay }: DraftItem): string {
  const share = to === undefined ? `${percent}` : `${percent}..${to} by ${by}`;
  if (stay === undefined) return share;
  return stay === 'ask' ? `${share} ask` : `${share} for ${stay}`;
}

function mendedRange(item: DraftItem): DraftItem {
  if (item.to === undefined) return item;
  const least = Math.ceil(Math.abs(item.to - item.percent) / (mostSteps - 1));
  return { ...item, by: Math.max(item.by || usualDistance, least) };
}

function isNew({ percent }: DraftItem, at: number, items: readonly DraftItem[]): boolean {
  const before = items[at - 1];
  return before === undefined || percent !== (before.to ?? before.percent);
}

/** `50 ask` alone means that all the rest follows when somebody says so. */
function withoutLastAsk(items: readonly DraftItem[]): readonly DraftItem[] {
  const last = items.at(-1);
  if (last?.stay !== 'ask') return items;
  if (items.length === 1 && last.percent !== 100) return [last, { percent: 100 }];
  return [...items.slice(0, -1), { ...last, stay: undefined }];
}

/** `10,25,50 for 5m`, `10..100 by 10 for 5m`, or no time at all: then all steps last equally long. One share alone is no ramp. */
function commonTime(items: readonly DraftItem[]): string | undefined {
  const isRange = items.some(({ to }) => to !== undefined);
  if (items.length < 2 && !isRange) return undefined;
  const [stay, ...more] = items.flatMap((item) => item.stay ?? []);
  if (stay === undefined) return usualTime;
  const onLast = items.at(-1)?.stay;
  return more.length === 0 && stay !== 'ask' && onLast === stay ? stay : undefined;
}

/** A step without its time lasts as long as the one before it, or else the next one. */
function filledIn(items: readonly DraftItem[]): readonly DraftItem[] {
  const isTime = ({ stay }: DraftItem) => stay !== undefined && stay !== 'ask';
  return items.map((item, at) => {
    if (item.stay !== undefined || at === items.length - 1) return item;
    const near = items.slice(0, at).findLast(isTime) ?? items.slice(at).find(isTime);
    return { ...item, stay: near?.stay ?? usualTime };
  });
}
