import { describe, expect, it } from 'vitest';
import type { Rule } from '../../../src/domain/routing/route.ts';
import { type Definition, undefinedVersions } from '../../../src/domain/routing/undefined-versions.ts';

const namespace = 'shop';

function ruleTo(host: string, version: string, more: { label?: string | undefined; weight?: number } = {}): Rule {
  const { weight = 100, label = version } = more;
  return { key: 'default', split: { [version]: weight }, served: [], backends: [{ host, version, label }] };
}

describe('versions that get requests and that nothing defines', () => {
  const own = 'reviews.shop.svc.cluster.local';

  it.each`
    what                                      | rule                                               | host                          | lost
    ${'is one that no DestinationRule has'}   | ${ruleTo(own, 'v3')}                               | ${own}                        | ${['v3']}
    ${'is defined'}                           | ${ruleTo(own, 'v1')}                               | ${own}                        | ${[]}
    ${'is defined for all hosts of a domain'} | ${ruleTo(own, 'v1')}                               | ${'*.shop.svc.cluster.local'} | ${[]}
    ${'is defined for another host'}          | ${ruleTo(own, 'v1')}                               | ${'x.shop.svc.cluster.local'} | ${['v1']}
    ${'gets nothing'}                         | ${ruleTo(own, 'v3', { weight: 0 })}                | ${own}                        | ${[]}
    ${'is of another namespace'}              | ${ruleTo('reviews.other.svc.cluster.local', 'v3')} | ${own}                        | ${[]}
  `('which $what: $lost', ({ rule, host, lost }) => {
    const definitions: readonly Definition[] = [{ name: 'one', host, versions: ['v1'] }];

    expect(undefinedVersions([rule], { namespace }, definitions).map(({ version }) => version)).toEqual(lost);
  });

  it('are none where a destination names no subset, which is all pods of its host', () => {
    const rule = { ...ruleTo(own, own), backends: [{ host: own, version: own }] };

    expect(undefinedVersions([rule], { namespace }, [])).toEqual([]);
  });
});
