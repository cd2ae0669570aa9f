import fc from 'fast-check';
import {
  longestStepMs,
  mostSteps,
  type RampStep,
  type RampSteps,
  type Stay,
  shortestStepMs,
} from '../../src/domain/ramp/steps.ts';
import { type ChangeId, changeIdFrom, type RampId, rampIdFrom } from '../../src/domain/routing/names.ts';
import type { Split } from '../../src/domain/routing/split.ts';

/** Names that a subset or a service may really have, and that break code which uses objects as maps. */
const awkward = ['1', '2', '10', 'constructor', 'valueof', 'set', 'status', 'to', 'shift', 'help', '50', '007'];

export const aLabel = fc.oneof(fc.constantFrom('v1', 'v2', 'v3', ...awkward), fc.stringMatching(/^[a-z0-9]{1,8}$/));

export const aVersion = fc.oneof(
  { arbitrary: aLabel, weight: 9 },
  { arbitrary: fc.constantFrom('reviews.default.svc.cluster.local', 'www.example.com'), weight: 1 },
);

export const aPercent = fc.integer({ min: 0, max: 100 });

export const aWeight = fc.oneof(aPercent, fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 2_147_483_647 }));

/** Also names that nothing in Kubernetes keeps out of an object. */
const anyKey = fc.oneof(aVersion, fc.constantFrom('__proto__', 'toString', 'hasOwnProperty'));

export function aSplit({ min = 1 }: { readonly min?: number } = {}): fc.Arbitrary<Split> {
  return fc
    .uniqueArray(fc.tuple(anyKey, aWeight), { minLength: min, maxLength: 6, selector: ([version]) => version })
    .map((entries) => Object.freeze(Object.fromEntries(entries)));
}

/** Whole percentages of some versions that sum to 100. */
export const aWhole: fc.Arbitrary<Split> = fc
  .tuple(fc.uniqueArray(aVersion, { minLength: 1, maxLength: 5 }), fc.array(aPercent, { minLength: 5, maxLength: 5 }))
  .map(([versions, cuts]) => {
    const bounds = [0, ...cuts.slice(0, versions.length - 1).toSorted((a, b) => a - b), 100];
    return Object.fromEntries(versions.map((version, at) => [version, (bounds[at + 1] ?? 100) - (bounds[at] ?? 0)]));
  });

export const aChangeId: fc.Arbitrary<ChangeId> = fc.uint8Array({ minLength: 5, maxLength: 5 }).map(changeIdFrom);

export const aRampId: fc.Arbitrary<RampId> = fc.uint8Array({ minLength: 5, maxLength: 5 }).map(rampIdFrom);

const aStayMs = fc
  .oneof(
    fc.constantFrom(shortestStepMs, 60_000, 300_000, 5_400_000, 86_400_000, longestStepMs),
    fc.integer({ min: shortestStepMs / 1000, max: longestStepMs / 1000 }).map((seconds) => seconds * 1000),
  )
  .map((ms): Stay => ({ kind: 'for', ms }));

/** Steps as they are read: within their bounds, each share another than the one before, and a time for the last one. */
export const someSteps: fc.Arbitrary<RampSteps> = fc
  .tuple(
    fc.array(fc.tuple(aPercent, fc.oneof(aStayMs, fc.constant<Stay>({ kind: 'ask' }))), { maxLength: mostSteps - 1 }),
    fc.tuple(aPercent, aStayMs),
    fc.option(aStayMs, { nil: undefined }),
  )
  .map(([before, [percent, stay], common]) => {
    const last: RampStep = { percent, stay: common ?? stay };
    const steps = before.map(([share, its]) => ({ percent: share, stay: common ?? its }));
    const all: readonly RampStep[] = [...steps, last];
    const [first = last, ...more] = all.filter((step, at) => step.percent !== all[at + 1]?.percent);
    return [first, ...more];
  });

/** Any JavaScript string, also with lone surrogates. Half of them are plain ASCII. */
export function anyText(maxLength = 50): fc.Arbitrary<string> {
  const codePoint = fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.nat(0xffff), fc.nat(0x10ffff));
  return fc.array(codePoint, { maxLength }).map((points) => String.fromCodePoint(...points));
}
