import { describe, expect, it } from 'vitest';
import type { Elsewhere } from '../../../src/domain/map/following.ts';
import { whys } from '../../../src/domain/map/governed.ts';
import { astrayText } from '../../../src/slack/words/astray-text.ts';

const inMesh = { host: 'reviews.default.svc.cluster.local', caller: { kind: 'mesh' } } as const;
const old = { kind: 'VirtualService', namespace: 'legacy', name: 'old' } as const;

function words(
  elsewhere: readonly Elsewhere[],
  kind: 'not-followed' | 'followed-in-part' = 'followed-in-part',
): string {
  return astrayText({ kind, elsewhere }).replaceAll('\u00A0', ' ');
}

describe('what is said of requests that follow something else', () => {
  it.each<[Elsewhere, string]>([
    [
      { ...inMesh, by: old, why: 'older' },
      'Requests from inside the mesh for `reviews.default.svc.cluster.local` follow `VirtualService old` in `legacy`: it is older and has the same host.',
    ],
    [
      { ...inMesh, caller: { kind: 'mesh', namespace: 'edge' }, why: 'not-exported' },
      'Requests from namespace `edge` for `reviews.default.svc.cluster.local` do not follow it: it is not exported to them.',
    ],
    [
      { host: 'shop.example.com', caller: { kind: 'gateway', gateway: 'infra/gw' }, by: old },
      'Requests for `shop.example.com` through gateway `infra/gw` follow `VirtualService old` in `legacy`.',
    ],
    [
      inMesh,
      'Requests from inside the mesh for `reviews.default.svc.cluster.local` go to the service as if this were not written.',
    ],
  ])('%o', (elsewhere, text) => {
    expect(words([elsewhere])).toBe(text);
  });

  it('says so first where nobody follows it, and why', () => {
    expect(words([{ ...inMesh, by: old, why: 'older' }], 'not-followed')).toMatch(
      /^\*No requests follow this rule now, so its split has no effect\.\* Requests from inside .* older/,
    );
    expect(words([], 'not-followed')).toContain('Nothing leads to it.');
  });

  it.each(whys)('has words for %s', (why) => {
    expect(words([{ ...inMesh, why }])).toMatch(/do not follow it: .{10,}\.$/);
  });
});
