import type { Tally } from '../../domain/guard/batch.ts';
import { roundedUp, upperBound } from '../../domain/guard/bound.ts';
import { batchesOf, totalOf } from '../../domain/guard/seen-so-far.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import { type Confounded, type RampGuards, saidBy } from '../../domain/ramp/guards.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { type GuardProof, isStanding } from '../../domain/ramp/ramp-state.ts';
import { code, foreign } from '../words/mrkdwn.ts';

/** What the guards say of the step that is live. Empty if the ramp has no guards, or no step is live. */
export function guardNotes(ramp: Ramp): readonly string[] {
  const { guards, state } = ramp;
  if (!isStanding(state) || state.step === 0) return [];
  if (guards === undefined) return ['No guard watches this ramp: it goes by time.'];
  if (guards.last?.step !== state.step) return ['The guards have not looked at this step yet.'];
  const { confounded } = guards;
  return [
    signText(ramp, guards, state.step),
    ...(confounded === undefined
      ? []
      : [`${confoundedWords[confounded]} So the guards may hold it, and do not take it back.`]),
  ];
}

const confoundedWords: Record<Confounded, string> = {
  'other-rule': 'Another rule of the object sends requests to these versions, too.',
  'other-object': 'Another object sends requests to these versions, too.',
  'other-ramp': 'Another ramp moves a rule of the same object.',
  mirrored: 'Requests are mirrored to these versions.',
  'nameless-caller': 'Some callers do not say who they are.',
};

function signText(ramp: Ramp, guards: RampGuards, step: number): string {
  const { canary, others } = totalOf(guards.seen.slice(step - 1, step));
  const name = canaryName(ramp);
  if (canary.requests === 0) return `Nothing was seen of ${name} in this step so far.`;
  const counts = countsText({ canary, others });
  if (others.requests === 0) return `${name} fails ${counts}; there is nobody to compare it with.`;
  const errors = saidBy(guards, step).find(({ guard }) => guard === 'errors')?.verdict;
  if (errors !== undefined && 'oneIn' in errors)
    return `${name} seems to fail more often: ${counts}. ${oneInText(errors.oneIn)}`;
  const bound = upperBound(batchesOf(guards.seen.slice(step - 1, step)));
  if (canary.bad + others.bad > 0 && bound === undefined) return `Too few requests to tell: ${counts} so far.`;
  const most = bound === undefined ? '' : `; at most ${ratio.format(roundedUp(bound))} times as often (95 %)`;
  return `No sign that ${name} fails more often: ${counts}${most}.`;
}

/** The versions that grow, as people read them. */
export function canaryName(ramp: Pick<Ramp, 'before' | 'steps'>): string {
  return foreign(canaryOf(ramp).join(' and '), 80);
}

/** Why a guard acted, with what it saw. */
export function proofText(ramp: Ramp, proof: GuardProof, act: 'hold' | 'take-back'): string {
  if (proof.guard === 'unreached') {
    const lost = Object.entries(proof.unreached ?? {}).map(
      ([flag, requests]) => `${number.format(requests)} (503 ${code(flag)})`,
    );
    return `requests reached no version: ${lost.join(', ')}.`;
  }
  if (proof.guard === 'own') return ownText(ramp);
  const what = words[act];
  const says =
    proof.guard === 'follow'
      ? `traffic does not follow the split: ${number.format(proof.canary.requests)} requests went to ${canaryName(ramp)}, ${number.format(proof.others.requests)} to the others.`
      : `${canaryName(ramp)} ${what[proof.guard]}, ${countsText(proof)}.`;
  if (proof.oneIn === undefined) return says;
  const were = proof.guard === 'follow' ? 'Did it follow' : 'Were it no worse';
  return `${says} ${were}, fewer than one ramp in ${number.format(proof.oneIn)} would look like this.`;
}

const words = {
  hold: {
    errors: 'seems to fail more often',
    latency: 'seems to be slow more often',
    absolute: 'seems to fail more often than it may',
  },
  'take-back': {
    errors: 'fails more often',
    latency: 'is slow more often',
    absolute: 'fails more often than it may',
  },
} as const;

/** The operator's own number. */
function ownText({ guards }: Ramp): string {
  const query = guards?.rule.query;
  const value = guards?.own?.value;
  if (query === undefined) return 'the number that the policy file asks for was over its bound.';
  const is = value === undefined ? '' : `${percent.format(value)}, `;
  return `${code(query.query, 200)} is ${is}over ${percent.format(query.atMost)} for ${query.looks} looks in a row.`;
}

/** Never "the chance that it is fine is 0.1 %": that is not what it means. */
function oneInText(oneIn: number): string {
  return `Were it no worse, fewer than one ramp in ${number.format(oneIn)} would look like this.`;
}

function countsText({ canary, others }: { readonly canary: Tally; readonly others: Tally }): string {
  return others.requests === 0 ? tallyText(canary) : `${tallyText(canary)} against ${tallyText(others)}`;
}

/** `0.5 % of 1,000` */
function tallyText({ requests, bad }: Tally): string {
  const share = requests === 0 ? 0 : (100 * bad) / requests;
  return `${percent.format(share)} % of ${number.format(requests)}`;
}

/** The same wherever the process runs. */
const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const ratio = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
