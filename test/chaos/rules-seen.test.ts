import { describe, expect, it } from 'vitest';
import { type LiveObject, readObject } from './history.ts';
import { rulesSeen, untouchable, weightsOf } from './rules-seen.ts';

const metadata = { namespace: 'default', name: 'cart', uid: 'u', resourceVersion: '7' };

/** A route with a rule for testers and one for all the rest, as the API server has it. */
function route(weights: Readonly<Record<string, number>>, timeout = '3s'): LiveObject {
  const backendRefs = Object.entries(weights).map(([name, weight]) => ({ kind: 'Service', name, weight }));
  const rules = [
    {
      name: 'testers',
      matches: [{ headers: [{ name: 'end-user', value: 'jason' }] }],
      backendRefs: [{ name: 'cart-v2' }],
    },
    {
      name: 'primary',
      matches: [{ path: { type: 'PathPrefix', value: '/' } }],
      timeouts: { request: timeout },
      backendRefs,
    },
  ];
  return readObject({ kind: 'HTTPRoute', metadata, spec: { rules } });
}

describe('the rules of a live HTTPRoute', () => {
  it('have their weights by Service, and one takes the rest', () => {
    const live = route({ 'cart-v1': 70, 'cart-v2': 30 });

    expect(rulesSeen(live).map(({ key }) => key)).toEqual(['testers', 'default']);
    expect(weightsOf(live, 'default')).toEqual({ 'cart-v1': 70, 'cart-v2': 30 });
    expect(weightsOf(live, 'testers')).toEqual({ 'cart-v2': 100 });
  });

  it('are the same without their weights and new Services, and else are not', () => {
    const [before, other] = [route({ 'cart-v1': 100 }), route({ 'cart-v1': 100 }, '9s')];
    const after = route({ 'cart-v1': 70, 'cart-v2': 30 });

    expect(untouchable(after, before)).toEqual(untouchable(before, before));
    expect(untouchable(other, before)).not.toEqual(untouchable(before, before));
  });
});

it('of a VirtualService that hands over to a delegate have no weights', () => {
  const spec = { http: [{ name: 'all', delegate: { name: 'cart-routes' } }] };
  const live = readObject({ kind: 'VirtualService', metadata, spec });

  expect(weightsOf(live, 'default')).toBeUndefined();
});
