import type { Tally } from '../../domain/guard/batch.ts';
import type { GuardKind } from '../../domain/guard/verdict.ts';
import { canaryOf } from '../../domain/ramp/direction.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { GuardProof } from '../../domain/ramp/ramp-state.ts';
import { code, foreign } from '../words/mrkdwn.ts';

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
  // Never "the chance that it is fine is 0.1 %": that is not what it means.
  return `${says} ${nullWords[proof.guard]}, fewer than one ramp in ${number.format(proof.oneIn)} would look like this.`;
}

/** What the evidence speaks against. */
const nullWords: Record<GuardKind, string> = {
  errors: 'Were it no worse',
  latency: 'Were it no worse',
  absolute: 'Were it within its bound',
  follow: 'Did it follow',
};

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
  const is = value === undefined ? '' : `${measured.format(value)}, `;
  return `${code(query.query, 200)} is ${is}over ${asWritten.format(query.atMost)} for ${query.looks} looks in a row.`;
}

export function countsText({ canary, others }: { readonly canary: Tally; readonly others: Tally }): string {
  return others.requests === 0 ? tallyText(canary) : `${tallyText(canary)} against ${tallyText(others)}`;
}

/** `0.5 % of 1,000` */
export function tallyText({ requests, bad }: Tally): string {
  const share = requests === 0 ? 0 : (100 * bad) / requests;
  return `${shortly(share)} % of ${number.format(requests)}`;
}

/** The same wherever the process runs. */
export const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const twoThatCount = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });
const measured = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });
/** A number of the policy file. A share is kept as a fraction, so the last digits of its percentage may not be those of the file. */
export const asWritten = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 12, useGrouping: false });

/** A rate or a ratio. One that is small must not read as none. */
export function shortly(value: number): string {
  return (value < 1 ? twoThatCount : oneDigit).format(value);
}
