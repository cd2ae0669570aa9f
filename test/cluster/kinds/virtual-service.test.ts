import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { virtualServiceKind } from '../../../src/cluster/kinds/virtual-service.ts';
import { stickyBy } from '../../../src/domain/ramp/confounded.ts';

const reviews = 'reviews.bookinfo.svc.cluster.local';

function read(spec: string) {
  const metadata = { name: 'reviews', namespace: 'bookinfo', uid: 'u', resourceVersion: '7' };
  return virtualServiceKind.read({ metadata, spec: parse(spec) });
}

function rulesOf(spec: string) {
  return read(spec).rules({ subsetsOf: () => ['v1', 'v3'].map((name) => ({ name, labels: { version: name } })) });
}

/** As Flagger writes it: who was sent to the canary gets a cookie, and is sent there again. */
const sessionAffinity = `
hosts: [reviews]
http:
  - match: [{ headers: { cookie: { regex: ".*reviews-id=abc.*" } } }]
    route: [{ destination: { host: reviews, subset: v3 } }]
  - route:
      - { destination: { host: reviews, subset: v1 }, weight: 90 }
      - destination: { host: reviews, subset: v3 }
        weight: 10
        headers: { response: { add: { Set-Cookie: "reviews-id=abc; Max-Age=86400" } } }`;

describe('what a VirtualService says of its rules', () => {
  it('which cookies they set, and which ones they look at', () => {
    const [pinned, split] = rulesOf(sessionAffinity);

    expect(pinned).toMatchObject({ setsCookies: [], matchesCookies: ['.*reviews-id=abc.*'] });
    expect(split).toMatchObject({ setsCookies: ['reviews-id'], matchesCookies: [] });
  });

  it('so that clients who come back to a version by a cookie are known', () => {
    const rules = rulesOf(sessionAffinity);
    const object = { cluster: 'sandbox', namespace: 'bookinfo', kind: 'VirtualService', name: 'reviews' } as const;
    const rule = rules[1] ?? expect.fail('it has two rules');
    const around = { rule, versions: ['v1', 'v3'], others: [], ramped: [] };

    expect(stickyBy({ ...around, route: { object, rules } })).toBe('cookie');
  });

  it('that a rule is for requests without a cookie', () => {
    const [rule] = rulesOf('http: [{ match: [{ withoutHeaders: { cookie: {} } }], route: [] }]');

    expect(rule?.matchesCookies).toEqual(['']);
  });

  it('where they send copies, which may be another service', () => {
    const spec = `
hosts: [ratings]
http:
  - mirror: { host: reviews, subset: v3 }
    route: [{ destination: { host: ratings } }]
  - mirrors: [{ destination: { host: reviews }, percentage: { value: 5 } }]
    route: [{ destination: { host: ratings } }]`;
    const [one, more] = rulesOf(spec);

    expect(one?.mirrors).toEqual([{ version: 'v3', host: reviews, label: 'v3', selects: { version: 'v3' } }]);
    expect(more?.mirrors).toEqual([{ version: 'reviews', host: reviews, label: undefined }]);
    expect(read(spec).reachedHosts()).toEqual(['ratings.bookinfo.svc.cluster.local', reviews]);
  });

  it('all the same if its headers or copies are not what we know', () => {
    const [rule] = rulesOf(
      'http: [{ headers: [], mirror: 7, route: [{ destination: { host: reviews, subset: v1 }, headers: 1 }] }]',
    );

    expect(rule).toMatchObject({ split: { v1: 100 }, mirrors: [], setsCookies: [] });
  });
});
