import { describe, expect, it } from 'vitest';
import { readTypedScope, targetsRead } from '../../../src/domain/policy/typed-scope.ts';

const clusters = ['prod-eu', 'prod-us', 'aws:cluster/x'];
const home = { cluster: 'prod-eu', namespace: 'default' };

function read(pattern: string, couldBeNamespace = false, cluster?: string) {
  const reading = readTypedScope({ pattern, cluster }, { clusters, home, couldBeNamespace });
  if (reading.kind === 'is') return reading.reading.scope.target;
  return reading.kind === 'which' ? reading.readings.map(({ scope }) => scope.target) : reading.kind;
}

describe('what people type for a freeze', () => {
  it.each`
    pattern                | cluster            | target
    ${'reviews'}           | ${undefined}       | ${'prod-eu/default/reviews'}
    ${'reviews.bookinfo'}  | ${undefined}       | ${'prod-eu/bookinfo/reviews'}
    ${'default/reviews'}   | ${undefined}       | ${'prod-eu/default/reviews'}
    ${'default/*'}         | ${undefined}       | ${'prod-eu/default/*'}
    ${'default/**'}        | ${undefined}       | ${'prod-eu/default/*'}
    ${'default/pay-*'}     | ${undefined}       | ${'prod-eu/default/pay-*'}
    ${'prod-eu'}           | ${undefined}       | ${'prod-eu/**'}
    ${'prod-*'}            | ${undefined}       | ${'prod-*/**'}
    ${'prod-eu/payments'}  | ${undefined}       | ${'prod-eu/payments/*'}
    ${'prod-eu/**'}        | ${undefined}       | ${'prod-eu/**'}
    ${'prod-eu/shop/till'} | ${undefined}       | ${'prod-eu/shop/till'}
    ${'shop/till'}         | ${'aws:cluster/x'} | ${'aws:cluster/x/shop/till'}
    ${'stage/shop/till'}   | ${undefined}       | ${'no-cluster'}
    ${'pay-*'}             | ${undefined}       | ${'no-cluster'}
    ${'a/b/c/d'}           | ${undefined}       | ${'no-scope'}
  `('$pattern (--cluster $cluster) is $target', ({ pattern, cluster, target }) => {
    expect(read(pattern, false, cluster)).toEqual(target);
  });

  it.each`
    pattern               | could    | cluster      | targets
    ${'prod-eu/payments'} | ${true}  | ${undefined} | ${['prod-eu/payments/*', 'prod-eu/prod-eu/payments']}
    ${'*/payments'}       | ${true}  | ${undefined} | ${['*/payments/*', 'prod-eu/*/payments']}
    ${'payments'}         | ${false} | ${'prod-us'} | ${['prod-us/payments/*', 'prod-us/default/payments']}
    ${'payments'}         | ${true}  | ${'prod-us'} | ${'prod-us/payments/*'}
  `('$pattern (--cluster $cluster) may be $targets', ({ pattern, could, cluster, targets }) => {
    expect(read(pattern, could, cluster)).toEqual(targets);
  });

  it.each(['prod-eu/payments', '*/payments', 'prod-us/**', '**/x'])(
    'of two readings of %s each can be typed so that it is the only one',
    (pattern) => {
      const reading = readTypedScope({ pattern }, { clusters, home, couldBeNamespace: true });
      if (reading.kind !== 'which') throw new Error('there is one reading');
      for (const { typed, scope } of reading.readings)
        expect(readTypedScope(typed, { clusters, home, couldBeNamespace: true })).toMatchObject({
          kind: 'is',
          reading: { scope: { target: scope.target } },
        });
    },
  );

  it('is found again by whichever way it was read', () => {
    expect(targetsRead({ pattern: 'prod-eu/payments' }, { clusters, home, couldBeNamespace: false })).toEqual([
      'prod-eu/payments/*',
      'prod-eu/prod-eu/payments',
    ]);
  });
});
