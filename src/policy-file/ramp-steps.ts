import { durationPattern, formatDuration, readDuration } from '../domain/language/duration.ts';
import type { RampStep, RampSteps, Stay } from '../domain/ramp/steps.ts';

/** The steps of a text such as `1, 5, 25` or `10 for 30m, 50 ask, 100`, or what is wrong with it. */
export type ReadSteps =
  | { readonly ok: true; readonly steps: RampSteps }
  | { readonly ok: false; readonly wrong: string };

const mostSteps = 20;
const second = 1_000;
const day = 24 * 60 * 60 * second;

/** `every`: how long a step lasts that does not say so itself. */
export function readNamedSteps(text: string, every: number | undefined): ReadSteps {
  const words = text.split(',').map((word) => word.trim());
  const steps: RampStep[] = [];
  for (const [at, word] of words.entries()) {
    const isLast = at === words.length - 1;
    const step = readStep(word, every ?? (isLast ? lastStay(steps) : undefined));
    if (typeof step === 'string') return { ok: false, wrong: step };
    if (step.percent === steps.at(-1)?.percent)
      return { ok: false, wrong: `${step.percent} is there twice in a row: keep one` };
    steps.push(step);
  }
  const [first, ...more] = steps;
  if (first === undefined || steps.length > mostSteps)
    return { ok: false, wrong: `write at most ${mostSteps} steps; there are ${steps.length}` };
  return { ok: true, steps: [first, ...more] };
}

/** What is wrong, or the step. */
function readStep(word: string, every: number | undefined): RampStep | string {
  const [, share, stay] = /^(\d{1,3}) ?%?(?: (.+))?$/.exec(word) ?? [];
  const percent = Number(share);
  if (share === undefined || percent > 100)
    return `write shares from 0 to 100, like \`1, 5, 25, 50, 100\`; \`${word.slice(0, 40)}\` is none`;
  const stays = readStay(stay, every);
  return typeof stays === 'string' ? stays : { percent, stay: stays };
}

function readStay(stay: string | undefined, every: number | undefined): Stay | string {
  if (stay === 'ask') return { kind: 'ask' };
  if (stay === undefined)
    return every === undefined
      ? 'say how long a step lasts: write `every: 10m` beside it, or `10 for 30m, 50 ask, 100`'
      : { kind: 'for', ms: every };
  const [, length = ''] = /^for (\S+)$/.exec(stay) ?? [];
  const ms = durationPattern.test(length) ? readDuration(length) : undefined;
  if (ms === undefined) return `write \`for 30m\` or \`ask\` after a share; \`${stay.slice(0, 40)}\` is neither`;
  if (ms < 15 * second || ms > 7 * day)
    return `a step lasts \`15s\` to \`7d\`; \`${formatDuration(ms)}\` is not within that`;
  return { kind: 'for', ms };
}

/** The last step is watched for as long as the last one before it that has a time. */
function lastStay(before: readonly RampStep[]): number | undefined {
  const stay = before.findLast((step) => step.stay.kind === 'for')?.stay;
  if (stay?.kind === 'for') return stay.ms;
  return before.length === 0 ? undefined : 5 * 60 * second;
}
