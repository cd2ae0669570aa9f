import { describe, expect, it } from 'vitest';
import { globMatches } from '../../../src/domain/policy/glob.ts';
import { isScope, readScope } from '../../../src/domain/policy/scope.ts';

const arn = 'arn:aws:eks:eu-1:1:cluster/x';
const clusters = ['prod-eu', 'prod-us', 'stage', arn];

describe('what a freeze covers', () => {
  it.each`
    pattern                    | cluster      | target                     | reached
    ${'prod-eu'}               | ${undefined} | ${'prod-eu/**'}            | ${['prod-eu']}
    ${'prod-*'}                | ${undefined} | ${'prod-*/**'}             | ${['prod-eu', 'prod-us']}
    ${'prod-*/payments'}       | ${undefined} | ${'prod-*/payments/*'}     | ${['prod-eu', 'prod-us']}
    ${'prod-eu/payments/shop'} | ${undefined} | ${'prod-eu/payments/shop'} | ${['prod-eu']}
    ${'prod-*/**'}             | ${undefined} | ${'prod-*/**'}             | ${['prod-eu', 'prod-us']}
    ${'**'}                    | ${undefined} | ${'**'}                    | ${clusters}
    ${'*/payments'}            | ${undefined} | ${'*/payments/*'}          | ${['prod-eu', 'prod-us', 'stage']}
    ${'payments'}              | ${'stage'}   | ${'stage/payments/*'}      | ${['stage']}
    ${'payments/pay-*'}        | ${arn}       | ${`${arn}/payments/pay-*`} | ${[arn]}
  `('$pattern (--cluster $cluster) is $target', ({ pattern, cluster, target, reached }) => {
    expect(readScope({ pattern, cluster }, clusters)).toEqual({ kind: 'covers', target, clusters: reached });
  });

  it('is never read as namespace and service', () => {
    expect(readScope({ pattern: 'bookinfo/reviews' }, ['sandbox'])).toEqual({
      kind: 'no-cluster',
      cluster: 'bookinfo',
      clusters: ['sandbox'],
    });
  });

  it('of a namespace covers all its services and no other namespace', () => {
    const scope = readScope({ pattern: 'prod-*/payments' }, clusters);
    const target = scope.kind === 'covers' ? scope.target : '';

    expect(globMatches(target, 'prod-us/payments/checkout')).toBe(true);
    expect(globMatches(target, 'prod-us/payments2/checkout')).toBe(false);
    expect(globMatches(target, 'stage/payments/checkout')).toBe(false);
  });

  it.each(['', '/', 'a//b', 'a/b/c/d', 'a/b c', 'a/b`', 'a/B/c', 'a/../b/'])('is not "%s"', (pattern) => {
    expect(isScope({ pattern })).toBe(false);
    expect(readScope({ pattern }, ['a'])).toEqual({ kind: 'no-scope' });
  });
});
