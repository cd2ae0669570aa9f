/** The state of the counters as Prometheus has it. */
export interface Scraped {
  /** Everything that was scraped until then is there. */
  readonly until: Date;
  /** At `until`, each counter had last been scraped at this time or later. */
  readonly since: Date;
  /** How far apart the samples are. Undefined if there was only one. */
  readonly everyMs?: number | undefined;
}

/** When a step was live, by the API server's clock. */
export interface LiveStep {
  readonly appliedAt: string;
  /** When the next change of the rule was applied. */
  readonly endedAt?: string | undefined;
}

export type NextGuardLook =
  | { readonly kind: 'wait' }
  /** The counters are known as of then. The first batch begins there. */
  | { readonly kind: 'begin'; readonly cursor: string }
  | { readonly kind: 'look'; readonly from: string; readonly until: string };

/** Proxies take some seconds to follow a change. What they count meanwhile belongs to no step. */
const settleMs = 10_000;
const usualMs = 15_000;
/** Until it is known how far apart the samples are. */
export const usualScrapeMs = 15_000;
const shortestMs = 15_000;

/** Counters may be compared from here on. A batch never holds a request from before. */
export function settledAt({ appliedAt }: LiveStep): Date {
  return new Date(Date.parse(appliedAt) + settleMs);
}

/**
 * The next batch of a step. `cursor` is the time up to which this step has been looked at, stored with the evidence. So nothing is counted
 * twice, and a look that was missed makes the next batch longer.
 */
export function nextGuardLook(step: LiveStep, cursor: string | undefined, scraped: Scraped): NextGuardLook {
  const settledMs = settledAt(step).getTime();
  const endMs = step.endedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(step.endedAt);
  const untilMs = Math.min(scraped.until.getTime(), endMs);
  const cursorMs = cursor === undefined ? Number.NEGATIVE_INFINITY : Date.parse(cursor);
  if (cursorMs >= settledMs)
    return untilMs > cursorMs ? { kind: 'look', from: at(cursorMs), until: at(untilMs) } : { kind: 'wait' };
  const hasBegun = scraped.since.getTime() >= settledMs && scraped.until.getTime() < endMs;
  return hasBegun ? { kind: 'begin', cursor: at(untilMs) } : { kind: 'wait' };
}

/**
 * The times at which to ask for the counters, one after the other, until the first batch can begin. More than one of them is past if no
 * process looked for a while.
 */
export function timesToBegin(step: LiveStep, now: Date): readonly Date[] {
  const settledMs = settledAt(step).getTime();
  const endMs = Math.min(
    now.getTime(),
    step.endedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(step.endedAt),
  );
  const past = [15_000, 30_000, 60_000, 120_000, 300_000].map((ms) => settledMs + ms).filter((ms) => ms < endMs);
  return [...past, ...(endMs > settledMs ? [endMs] : [])].map((ms) => new Date(ms));
}

/** How often to look at a step: every 15 s, not more often than Prometheus scrapes, and at least twice in the step. */
export function lookEveryMs(stepMs: number, scrapeEveryMs: number): number {
  return Math.max(scrapeEveryMs, Math.min(usualMs, (stepMs - settleMs - scrapeEveryMs) / 2));
}

/** The shortest step with two looks. The counters' first samples come up to one scrape after the proxies have settled. */
export function shortestWatchedMs(scrapeEveryMs: number): number {
  return Math.max(shortestMs, settleMs + 3 * scrapeEveryMs);
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}
