import { describe, expect, it } from 'vitest';
import { statusReply } from '../../../src/slack/replies/status.ts';
import { change, changeId, jason, reviews, revision, rule } from '../../support/builders.ts';

const name = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
const now = new Date('2026-11-22T15:03:11Z');

describe('the status of a service', () => {
  it('shows of a status what is live, since when, what a split does not reach, and what waits', () => {
    const route = reviews({}, { rules: [jason, rule({ v1: 50, v3: 50 })], revisions: [revision()] });

    const { text } = statusReply(
      { kind: 'status', name, route, open: [change({ id: changeId(5), by: 'U02BOB' })], ramps: [], holds: [] },
      now,
    );

    expect(text.replaceAll('\u00A0', ' ').split('\n')).toEqual([
      '*reviews* in `default` (`VirtualService reviews`, for the mesh)',
      `\`v1   50 %  ${'▰'.repeat(10)}${'▱'.repeat(10)}\``,
      `\`v3   50 %  ${'▰'.repeat(10)}${'▱'.repeat(10)}\``,
      'Since c-00000001, 1 h ago, by <@U01ALICE>.',
      'Not reached by the split: `end-user = jason → v2`',
      '`/shift unpin reviews end-user=jason -n default --cluster sandbox` removes it.',
      'c-00000005 (reviews · 50 % to v3) is queued, asked by <@U02BOB>.',
    ]);
  });

  it('says what requests for its hosts follow, which other hosts it is for, and whom a rule above hands over to', () => {
    const handsOver = rule(
      {},
      { key: 'old', match: 'path = /old', unsplittable: 'delegate', handsTo: { namespace: 'default', name: 'bar' } },
    );
    const route = { ...reviews({}, { rules: [handsOver, rule({ v1: 100 })] }), hosts: ['reviews', 'shop.example.com'] };
    const elsewhere = [{ host: 'reviews', caller: { kind: 'mesh', namespace: 'edge' }, why: 'not-exported' }] as const;
    const astray = { kind: 'followed-in-part', elsewhere } as const;

    const { text } = statusReply({ kind: 'status', name, route, astray, open: [], ramps: [], holds: [] }, now);

    expect(text.replaceAll('\u00A0', ' ').split('\n').slice(2)).toEqual([
      'Requests from namespace `edge` for `reviews` do not follow it: it is not exported to them.',
      'The same rule is for `shop.example.com`, too.',
      'Not reached by the split: `path = /old → VirtualService bar`',
    ]);
  });

  it('says which other objects are written for the same requests and have no effect', () => {
    const hides = ['a', 'b', 'c', 'd', 'e'].map(
      (each) => ({ kind: 'VirtualService', namespace: 'x', name: each }) as const,
    );

    const { text } = statusReply(
      { kind: 'status', name, route: reviews({ v1: 100 }), hides, open: [], ramps: [], holds: [] },
      now,
    );

    expect(text).toContain(
      'Without effect on these requests, which follow this one: `VirtualService a` in `x`, `VirtualService b` in `x`, `VirtualService c` in `x`, `VirtualService d` in `x`, 1 more.',
    );
  });

  it.each`
    by                                | says
    ${[]}                             | ${'what other VirtualServices hand over to it'}
    ${['default/edge']}               | ${'what VirtualService edge hands over to it'}
    ${['default/edge', 'infra/edge']} | ${'what VirtualServices edge and infra/edge hand over to it'}
  `('says who hands over to a delegate: $by', ({ by, says }: { by: readonly string[]; says: string }) => {
    const handedOver = by.map((each) => {
      const [namespace = '', root = ''] = each.split('/');
      return { by: { namespace, name: root }, hosts: ['shop.example.com'] };
    });
    const route = { ...reviews({ v1: 100 }), hosts: [], handedOver };

    const { text } = statusReply({ kind: 'status', name, route, open: [], ramps: [], holds: [] }, now);

    expect(text.replaceAll('\u00A0', ' ')).toContain(says);
  });

  it('says who else manages its object', () => {
    const route = { ...reviews({ v1: 100 }), owners: [{ tool: 'argo-cd', name: 'shop' } as const] };

    expect(statusReply({ kind: 'status', name, route, open: [], ramps: [], holds: [] }, now).text).toContain(
      'Managed by Argo CD (application `shop`).',
    );
  });
});

describe('an overview', () => {
  const overview = {
    kind: 'overview',
    place: name,
    open: [],
    ramps: [],
    holds: [],
    routes: [reviews({ v1: 50, v3: 50 })],
  } as const;

  it('says how old it is when the cluster does not answer, and nothing of age when it does', () => {
    const asOf = new Date('2026-11-22T14:03:11.500Z');

    expect(statusReply(overview, now).text).toBe('*default* @ sandbox\n`reviews` v1 50 %, v3 50 %');
    expect(statusReply({ ...overview, asOf }, now).text).toBe(
      '*default* @ sandbox. This is as of 14:03:11 UTC; the cluster has not answered since.\n`reviews` v1 50 %, v3 50 %',
    );
    expect(statusReply({ ...overview, asOf, routes: [] }, now).text).toContain('as of 14:03:11 UTC');
  });

  it('stays short whatever is listed', () => {
    const routes = Array.from({ length: 300 }, () => reviews({ v1: 1 }));

    const { text } = statusReply({ kind: 'overview', place: name, routes, open: [], ramps: [], holds: [] }, now);

    expect([...text].length).toBeLessThan(3_000);
    expect(text).toContain('more; name one: `/shift status reviews -n default --cluster sandbox`');
  });
});
