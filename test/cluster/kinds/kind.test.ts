import { describe, expect, it } from 'vitest';
import { destinationRuleKind } from '../../../src/cluster/kinds/destination-rule.ts';
import { virtualServiceKind } from '../../../src/cluster/kinds/virtual-service.ts';
import { RejectedError } from '../../../src/workflow/errors.ts';

const http = [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }];

describe.each([
  { kind: 'VirtualService', read: virtualServiceKind.read, spec: { hosts: ['reviews'], http } },
  { kind: 'DestinationRule', read: destinationRuleKind.read, spec: { host: 'reviews', subsets: [{ name: 'v1' }] } },
])('a $kind as the API server sends it', ({ read, spec }) => {
  const named = (name: string, namespace: string) => ({
    metadata: { name, namespace, uid: 'u', resourceVersion: '7' },
    spec,
  });

  it('is read with the longest names that there are', () => {
    const { metadata } = read(named('r'.repeat(253), 'n'.repeat(63)));

    expect(metadata).toMatchObject({ name: 'r'.repeat(253), namespace: 'n'.repeat(63) });
  });

  it.each([
    ['name', named('r'.repeat(5_000), 'default')],
    ['namespace', named('reviews', 'n'.repeat(5_000))],
  ])('is refused with a longer %s, in words that a person can read', (field, object) => {
    const reading = () => read(object);

    expect(reading).toThrow(RejectedError);
    expect(reading).toThrow(new RegExp(`^.{0,300}${field}.{0,300}$`, 's'));
  });
});
