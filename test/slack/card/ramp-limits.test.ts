import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failReasons } from '../../../src/domain/change/state.ts';
import { confoundedReasons } from '../../../src/domain/ramp/confounded.ts';
import type { PlannedStep, Ramp } from '../../../src/domain/ramp/ramp.ts';
import type { GuardProof, RampHold, RampState } from '../../../src/domain/ramp/ramp-state.ts';
import { mostSteps } from '../../../src/domain/ramp/steps.ts';
import type { RampTargets } from '../../../src/domain/ramp/targets.ts';
import type { Split } from '../../../src/domain/routing/split.ts';
import type { Message } from '../../../src/slack/card/card.ts';
import { rampCard } from '../../../src/slack/card/ramp.ts';
import { threadText } from '../../../src/slack/card/ramp-thread.ts';
import { readButtonValue } from '../../../src/slack/words/button.ts';
import { rampLine, readRampLine } from '../../../src/slack/words/ramp-command.ts';
import { anyText, someSteps } from '../../support/arbitraries.ts';
import { change, changeId, reviewsObject } from '../../support/builders.ts';
import { aRampTo, counted, guardsAfter } from '../../support/ramp-builders.ts';
import { wrongInMessage } from '../../support/slack-reading.ts';

const at = '2026-11-22T14:28:11.000Z';
const later = '2026-11-22T14:33:11.000Z';

/** What people and the cluster may call something: as long as Istio allows, with markup, and with characters that nobody sees. */
const aName = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/),
  fc.constantFrom(
    `${'long-'.repeat(50)}x`,
    '<!channel>',
    '*v3*',
    '`v3`',
    '_v3_ ~v3~',
    'v3\u202Ev1',
    'v3\n> v1',
    '&lt;',
    '💥'.repeat(80),
  ),
  anyText(253).filter((text) => text.trim() !== ''),
);
const aUser = fc.oneof(fc.constant('U01ALICE'), aName);
const aSplit: fc.Arbitrary<Split> = fc
  .array(fc.tuple(aName, fc.nat(100)), { minLength: 1, maxLength: 25 })
  .map((entries) => Object.fromEntries(entries));
const aTally = fc.tuple(fc.nat(1_000_000), fc.nat(10_000_000)).map(([bad, more]) => [bad, bad + more] as const);
const aBatch = fc.tuple(aTally, aTally).map(([canary, others]) => counted(canary, others));

const aProof: fc.Arbitrary<GuardProof> = fc
  .record({
    guard: fc.constantFrom('errors', 'latency', 'absolute', 'follow', 'unreached', 'own'),
    oneIn: fc.constantFrom(undefined, 100, 1e9),
    batch: aBatch,
    unreached: fc.dictionary(aName, fc.nat(1_000), { maxKeys: 30 }),
  })
  .map(({ batch, ...proof }) => ({ ...proof, ...batch }));

const aHold: fc.Arbitrary<RampHold> = fc.oneof(
  fc.record({ manager: fc.option(aName, { nil: undefined }), live: aSplit }).map(({ manager, live }): RampHold => {
    const object = { ...reviewsObject, cluster: 'sandbox' };
    return { because: 'moved', away: { object, rule: 'default', at, manager, live } };
  }),
  fc
    .record({ reason: fc.constantFrom(...failReasons), detail: aName })
    .map((failed): RampHold => ({ because: 'step-failed', ...failed })),
  aName.map((refusal): RampHold => ({ because: 'no-plan', refusal })),
  fc.constant<RampHold>({ because: 'denied', denied: 'frozen', heldUntil: later, rule: { name: 'all', line: 1 } }),
  fc.nat(1e9).map((lateMs): RampHold => ({ because: 'late', lateMs })),
  aProof.map((proof): RampHold => ({ because: 'guard', proof })),
  fc.constant<RampHold>({ because: 'not-asked-on' }),
);

function aState(steps: number, before: RampTargets): fc.Arbitrary<RampState> {
  const base = fc.record({
    step: fc.integer({ min: 1, max: steps }),
    by: aUser,
    reason: fc.option(aName, { nil: undefined }),
  });
  return fc
    .tuple(base, aHold, aProof, fc.constantFrom<RampState['kind']>(...kinds))
    .map(([known, hold, proof, kind]) => {
      const { step, by, reason } = known;
      const standing = { step, since: at, at };
      const states: { readonly [K in RampState['kind']]: RampState } = {
        awaiting: {
          kind: 'awaiting',
          expiresAt: later,
          needs: { by: [{ kind: 'everyone' }], count: 2, expiresMs: 3_600_000, rule: { name: 'all', line: 1 } },
        },
        rejected: { kind: 'rejected', at, by, reason },
        withdrawn: { kind: 'withdrawn', at, by },
        expired: { kind: 'expired', at },
        void: { kind: 'void', at, because: 'denied', denied: 'frozen' },
        stepping: {
          kind: 'stepping',
          step,
          change: changeId(1),
          pausedBy: by,
          live: step - 1,
          since: at,
          from: before,
        },
        running: { kind: 'running', step, since: at, dueAt: later },
        paused: { kind: 'paused', ...standing, by, leftMs: 1_000 },
        held: { kind: 'held', ...standing, leftMs: 0, hold },
        asking: { kind: 'asking', ...standing, expiresAt: later },
        'going-back': { kind: 'going-back', step, seen: before, why: 'aborted', by, at, reason },
        back: { kind: 'back', step, change: changeId(2), why: 'taken-back', by: 'guard', at, proof },
        finished: { kind: 'finished', at },
        superseded: { kind: 'superseded', at, by: changeId(3) },
      };
      return states[kind];
    });
}

const kinds = [
  ...(['awaiting', 'rejected', 'withdrawn', 'expired', 'void', 'stepping', 'running', 'paused'] as const),
  ...(['held', 'asking', 'going-back', 'back', 'finished', 'superseded'] as const),
] as const;

const aRamp: fc.Arbitrary<Ramp> = fc
  .record({
    service: aName,
    namespace: aName,
    rules: fc.array(aName, { minLength: 1, maxLength: 5 }),
    splits: fc.array(aSplit, { minLength: 1, maxLength: mostSteps }),
    before: aSplit,
    version: aName,
    by: aUser,
    named: fc.option(aName, { nil: undefined }),
    reason: fc.option(aName, { nil: undefined }),
    approvers: fc.array(aUser, { maxLength: 5 }),
    looks: fc.option(fc.array(aBatch, { maxLength: 25 }), { nil: undefined }),
    confounded: fc.constantFrom(undefined, ...confoundedReasons),
    isAsk: fc.boolean(),
  })
  .chain((known) => {
    const { rules, splits, before } = known;
    const [rule = 'default', ...more] = rules;
    const targets = (split: Split): RampTargets => {
      const target = (key: string) => ({ object: { ...reviewsObject, cluster: 'sandbox' }, rule: key, split });
      return [target(rule), ...more.map(target)];
    };
    const step = (split: Split, percent: number): PlannedStep => ({
      percent,
      stay: known.isAsk && percent % 2 === 0 ? { kind: 'ask' } : { kind: 'for', ms: 15_000 + percent * 1_000 },
      to: targets(split),
    });
    const [first = {}, ...rest] = splits;
    const guards = known.looks && {
      ...guardsAfter(known.looks, splits.length),
      ...(known.confounded !== undefined && { confounded: known.confounded }),
    };
    return aState(splits.length, targets(before)).map((state) =>
      aRampTo({
        name: { cluster: 'sandbox', namespace: known.namespace, service: known.service },
        version: known.version,
        by: known.by,
        named: known.named,
        reason: known.reason,
        approvals: known.approvers.map((by) => ({ by, at })),
        before: targets(before),
        steps: [step(first, 1), ...rest.map((split, place) => step(split, place + 2))],
        guards,
        state,
      }),
    );
  });

/** Texts that the card of a ramp sets in bold or strikes. */
const oursOfRamps =
  /\*(?:Waits for a person|Running|Paused|Held|Going back|Aborted|Taken back|Finished|Over|Expired, not started|(?:Rejected|Withdrawn|Void), not started|Moved away|The plan does not hold any more:|Policy does not allow it any more|It asks:|It waits:|Resume|Go on|Go on from here|\d+ % (?:now|being made))\*|~\d+ %~/g;

function buttonsOf({ blocks }: Message) {
  return blocks
    .flatMap((block) => (block.type === 'actions' && 'elements' in block ? block.elements : []))
    .flatMap((each) => (each.type === 'button' ? [each] : []));
}

describe("a ramp's card, whatever things are called and however many steps it has,", () => {
  it('keeps to the limits of Slack, and pings and formats nothing that came from outside', () => {
    fc.assert(
      fc.property(aRamp, (ramp) => {
        const message = rampCard({ ramp, change: change() });

        expect(wrongInMessage(message, oursOfRamps)).toBeUndefined();
        expect(wrongInMessage({ text: threadText({ ramp, change: undefined }) }, oursOfRamps)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('has buttons of at most 75 characters with a value of at most 2,000, which is read again', () => {
    fc.assert(
      fc.property(aRamp, (ramp) => {
        for (const { text, value = '' } of buttonsOf(rampCard({ ramp, change: undefined }))) {
          expect([...text.text].length).toBeLessThanOrEqual(75);
          expect(value.length).toBeLessThanOrEqual(2_000);
          expect(readButtonValue(value)).toMatchObject({ id: ramp.id });
        }
      }),
    );
  });

  it('has buttons that carry the ramp as it is typed, which is read as the same ramp', () => {
    const aService = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/);
    fc.assert(
      fc.property(someSteps, aService, (typed, service) => {
        const steps = typed.map((step) => ({ ...step, to: aRampTo().before }));
        const [first, ...more] = steps;
        const name = { cluster: 'sandbox', namespace: 'bookinfo', service };
        const read = first && readRampLine(rampLine(aRampTo({ name, steps: [first, ...more] })));

        expect(read).toMatchObject({ service: name, version: 'v3', steps: typed });
      }),
    );
  });
});
