import { describe, expect, it } from 'vitest';
import { addAbsolute, othersExceed } from '../../../src/domain/guard/absolute.ts';
import { addBatch, noRequests } from '../../../src/domain/guard/batch.ts';
import { logEvidence, noEvidence } from '../../../src/domain/guard/evidence.ts';
import { type Circumstances, guardsThatAct, mostSevere, oneIn, verdictOf } from '../../../src/domain/guard/verdict.ts';

const plain: Circumstances = { isConfounded: false, othersExceed: false, canaryWasSeen: true };
const confounded = { ...plain, isConfounded: true };
const outage = { ...plain, othersExceed: true };
const unseen = { ...plain, canaryWasSeen: false };

describe('the chance that people are told', () => {
  it.each`
    evidence | guards | told
    ${0.02}  | ${1}   | ${1}
    ${1}     | ${1}   | ${1}
    ${9.99}  | ${1}   | ${1}
    ${99.9}  | ${1}   | ${10}
    ${100}   | ${1}   | ${100}
    ${200}   | ${1}   | ${100}
    ${1_000} | ${1}   | ${1_000}
    ${1_278} | ${1}   | ${1_000}
    ${1_278} | ${2}   | ${100}
    ${2_000} | ${2}   | ${1_000}
    ${4_000} | ${4}   | ${1_000}
    ${1e15}  | ${1}   | ${1e9}
  `('is one in $told for evidence of $evidence and $guards guards', ({ evidence, guards, told }) => {
    expect(oneIn(Math.log(evidence), guards)).toBe(told);
  });

  it('stays a number if the evidence is beyond numbers', () => {
    expect(oneIn(5_000)).toBe(1e9);
    expect(oneIn(-5_000)).toBe(1);
  });
});

describe('what a guard says', () => {
  it.each`
    guard         | act            | evidence | world         | says
    ${'errors'}   | ${'take-back'} | ${99}    | ${plain}      | ${'no-sign'}
    ${'errors'}   | ${'take-back'} | ${100}   | ${plain}      | ${'hold'}
    ${'errors'}   | ${'take-back'} | ${999}   | ${plain}      | ${'hold'}
    ${'errors'}   | ${'take-back'} | ${1_000} | ${plain}      | ${'take-back'}
    ${'errors'}   | ${'hold'}      | ${1_000} | ${plain}      | ${'hold'}
    ${'errors'}   | ${'tell'}      | ${1_000} | ${plain}      | ${'tell'}
    ${'errors'}   | ${'tell'}      | ${100}   | ${plain}      | ${'tell'}
    ${'errors'}   | ${'take-back'} | ${1_000} | ${confounded} | ${'hold'}
    ${'latency'}  | ${'take-back'} | ${1_000} | ${confounded} | ${'hold'}
    ${'latency'}  | ${'take-back'} | ${1_000} | ${plain}      | ${'take-back'}
    ${'errors'}   | ${'take-back'} | ${1_000} | ${outage}     | ${'take-back'}
    ${'absolute'} | ${'take-back'} | ${1_000} | ${plain}      | ${'take-back'}
    ${'absolute'} | ${'take-back'} | ${1_000} | ${outage}     | ${'hold'}
    ${'absolute'} | ${'take-back'} | ${1_000} | ${confounded} | ${'take-back'}
    ${'follow'}   | ${'take-back'} | ${1_000} | ${plain}      | ${'hold'}
    ${'follow'}   | ${'take-back'} | ${1_000} | ${confounded} | ${'tell'}
    ${'follow'}   | ${'take-back'} | ${99}    | ${plain}      | ${'no-sign'}
    ${'errors'}   | ${'take-back'} | ${1}     | ${unseen}     | ${'unknown'}
    ${'errors'}   | ${'take-back'} | ${99}    | ${unseen}     | ${'unknown'}
  `('is $says from $guard that may $act, at evidence of $evidence', ({ guard, act, evidence, world, says }) => {
    expect(verdictOf({ guard, act, logEvidence: Math.log(evidence), guards: 1 }, world).kind).toBe(says);
  });

  it('needs evidence twice as strong if two guards may act', () => {
    const at = (evidence: number) =>
      verdictOf({ guard: 'errors', act: 'take-back', logEvidence: Math.log(evidence), guards: 2 }, plain);

    expect(at(199)).toEqual({ kind: 'no-sign' });
    expect(at(200)).toEqual({ kind: 'hold', oneIn: 100 });
    expect(at(1_999)).toEqual({ kind: 'hold', oneIn: 100 });
    expect(at(2_000)).toEqual({ kind: 'take-back', oneIn: 1_000 });
  });

  it('counts only the guards that may hold or take back', () => {
    const guards = [
      { guard: 'errors', act: 'take-back' },
      { guard: 'latency', act: 'tell' },
      { guard: 'follow', act: 'take-back' },
    ] as const;

    expect(guardsThatAct(guards, plain)).toBe(2);
    expect(guardsThatAct(guards, confounded)).toBe(1);
    expect(guardsThatAct([], plain)).toBe(1);
  });

  it('is the most severe of several verdicts, and of these the surest', () => {
    const holds = [100, 10_000].map((chance) => ({ kind: 'hold', oneIn: chance }) as const);

    expect(mostSevere([{ kind: 'no-sign' }, { kind: 'unknown' }])).toEqual({ kind: 'unknown' });
    expect(mostSevere([...holds, { kind: 'no-sign' }])).toEqual(holds[1]);
    expect(mostSevere([...holds, { kind: 'take-back', oneIn: 1_000 }])?.kind).toBe('take-back');
    expect(mostSevere([])).toBeUndefined();
  });
});

describe('the numbers of the cards', () => {
  it('hold at 8 and 11 failures, with evidence of 200', () => {
    const batch = { canary: { requests: 412, bad: 8 }, others: { requests: 3_700, bad: 11 } };

    const log = logEvidence(addBatch(noEvidence(1), 1, batch));

    expect(Math.round(Math.exp(log))).toBe(200);
    expect(verdictOf({ guard: 'errors', act: 'take-back', logEvidence: log, guards: 1 }, plain)).toEqual({
      kind: 'hold',
      oneIn: 100,
    });
  });

  it('take back at 25 and 20 failures', () => {
    const batch = { canary: { requests: 1_204, bad: 25 }, others: { requests: 9_800, bad: 20 } };

    const log = logEvidence(addBatch(noEvidence(3), 1, batch));

    expect(verdictOf({ guard: 'errors', act: 'take-back', logEvidence: log, guards: 1 }, plain).kind).toBe('take-back');
  });
});

describe('an absolute bound', () => {
  it('is not the canary’s fault while the others exceed it, in the step or in the last look', () => {
    const of = (requests: number, bad: number) => ({ ...noRequests, others: { requests, bad } });

    expect(othersExceed({ step: of(1_000, 11), lastLook: of(10, 0) }, 0.01)).toBe(true);
    expect(othersExceed({ step: of(1_000, 9), lastLook: of(10, 1) }, 0.01)).toBe(true);
    expect(othersExceed({ step: of(1_000, 10), lastLook: of(100, 1) }, 0.01)).toBe(false);
    expect(othersExceed({ step: noRequests, lastLook: noRequests }, 0.01)).toBe(false);
  });

  it('is looked at anew at each step, also at 100 %', () => {
    const good = addAbsolute(noEvidence(2), 1, { requests: 5_000, bad: 10 }, 0.01);
    const bad = addAbsolute(good, 2, { requests: 600, bad: 30 }, 0.01);

    expect(logEvidence(bad)).toBeGreaterThan(Math.log(1_000));
  });
});
