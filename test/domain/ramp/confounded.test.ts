import { describe, expect, it } from 'vitest';
import { confoundedBy, type Surroundings, stickyBy } from '../../../src/domain/ramp/confounded.ts';
import type { Backend, Rule } from '../../../src/domain/routing/route.ts';
import { reviewsObject, rule } from '../../support/builders.ts';

const host = 'reviews.default.svc.cluster.local';
const backends: readonly Backend[] = ['v1', 'v2', 'v3'].map((version) => ({ version, host, label: version }));
const elsewhere = { ...reviewsObject, namespace: 'edge', name: 'reviews-outside' };
const own = rule({ v1: 90, v3: 10 }, { backends });

function to(split: Rule['split'], more: Partial<Rule> = {}): Rule {
  return rule(split, { key: '#1', match: 'end-user = jason', backends, ...more });
}

function around(more: Partial<Surroundings> & { readonly above?: Rule; readonly there?: Rule } = {}): Surroundings {
  const { above, there, ...given } = more;
  return {
    route: { object: reviewsObject, rules: [...(above === undefined ? [] : [above]), own] },
    rule: own,
    versions: ['v1', 'v3'],
    others: there === undefined ? [] : [{ object: elsewhere, rules: [there] }],
    ramped: [],
    ...given,
  };
}

const allPods: Backend = { version: 'reviews', host };
const otherHost = [{ version: 'v3', host: 'ratings.default.svc.cluster.local', label: 'v3' }];

describe('what else sends requests to the versions of a ramp', () => {
  it.each<{ what: string; of: Surroundings; because: string | undefined; by?: string }>([
    { what: 'nothing', of: around(), because: undefined },
    {
      what: 'a rule above for one user',
      of: around({ above: to({ v3: 100 }) }),
      because: 'other-rule',
      by: 'end-user = jason',
    },
    {
      what: 'a rule above to a version that is not compared',
      of: around({ above: to({ v2: 100 }) }),
      because: undefined,
    },
    { what: 'a rule above with the same shares', of: around({ above: to({ v1: 90, v3: 10 }) }), because: undefined },
    {
      what: 'a rule above to another service',
      of: around({ above: to({ v3: 100 }, { backends: otherHost }) }),
      because: undefined,
    },
    {
      what: 'a rule to all pods',
      of: around({ above: to({ reviews: 100 }, { backends: [allPods] }) }),
      because: 'other-rule',
      by: 'end-user = jason',
    },
    {
      what: 'an object of another namespace',
      of: around({ there: to({ v1: 100 }) }),
      because: 'other-object',
      by: 'edge/reviews-outside',
    },
    {
      what: 'an object that names the same pods otherwise',
      of: around({ there: to({ red: 100 }, { backends: [{ version: 'red', host, label: 'v3' }] }) }),
      because: 'other-object',
      by: 'edge/reviews-outside',
    },
    {
      what: 'its own copies',
      of: around({ rule: { ...own, mirrors: [{ version: 'v3', host, label: 'v3' }] } }),
      because: 'mirrored',
    },
    {
      what: 'its own copies to another service',
      of: around({ rule: { ...own, mirrors: otherHost } }),
      because: undefined,
    },
    {
      what: 'copies of the requests of another service',
      of: around({ there: to({ v1: 100 }, { backends: otherHost, mirrors: [{ version: 'v3', host, label: 'v3' }] }) }),
      because: 'mirrored',
      by: 'edge/reviews-outside',
    },
    {
      what: 'a ramp of another rule',
      of: around({
        above: to({ v1: 90, v3: 10 }),
        ramped: [{ ramp: 'r-00000002', object: reviewsObject, rule: '#1' }],
      }),
      because: 'other-ramp',
      by: 'r-00000002',
    },
    {
      what: 'a ramp of another object',
      of: around({ there: to({ v1: 90, v3: 10 }), ramped: [{ ramp: 'r-00000002', object: elsewhere, rule: '#1' }] }),
      because: 'other-ramp',
      by: 'r-00000002',
    },
    {
      what: 'a ramp of another service in the same object',
      of: around({
        above: to({ v1: 90, v3: 10 }, { backends: otherHost }),
        ramped: [{ ramp: 'r-00000002', object: reviewsObject, rule: '#1' }],
      }),
      because: undefined,
    },
  ])('is seen: $what', ({ of, because, by }) => {
    expect(confoundedBy(of)).toEqual(because === undefined ? undefined : { because, by });
  });
});

describe('what keeps clients at a version', () => {
  const cookie = { setsCookies: ['flagger'] };
  it.each<{ what: string; of: Surroundings; sticky: string | undefined }>([
    { what: 'nothing', of: around(), sticky: undefined },
    { what: 'session persistence', of: around({ rule: { ...own, sticky: 'session' } }), sticky: 'session' },
    { what: 'a rule about connections', of: around({ rule: { ...own, sticky: 'connection' } }), sticky: 'connection' },
    {
      what: 'a cookie that the rule sets and another one matches',
      of: around({ rule: { ...own, ...cookie }, above: to({ v3: 100 }, { matchesCookies: ['.*flagger=abc.*'] }) }),
      sticky: 'cookie',
    },
    {
      what: 'a cookie that an object elsewhere matches',
      of: around({ rule: { ...own, ...cookie }, there: to({ v3: 100 }, { matchesCookies: [''] }) }),
      sticky: 'cookie',
    },
    {
      what: 'a cookie with a dot in a regular expression',
      of: around({
        rule: { ...own, setsCookies: ['my.id'] },
        above: to({ v3: 100 }, { matchesCookies: ['my\\.id=.*'] }),
      }),
      sticky: 'cookie',
    },
    { what: 'a cookie that nothing matches', of: around({ rule: { ...own, ...cookie } }), sticky: undefined },
    {
      what: 'a cookie that nothing here sets: those users are pinned',
      of: around({ above: to({ v3: 100 }, { matchesCookies: ['user=jason'] }) }),
      sticky: undefined,
    },
    {
      what: 'another cookie than the one that is matched',
      of: around({ rule: { ...own, ...cookie }, above: to({ v3: 100 }, { matchesCookies: ['user=jason'] }) }),
      sticky: undefined,
    },
  ])('is seen: $what', ({ of, sticky }) => {
    expect(stickyBy(of)).toBe(sticky);
  });
});
