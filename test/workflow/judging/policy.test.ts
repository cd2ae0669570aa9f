import { beforeEach, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/domain/routing/rule-file.ts';
import { policyOf } from '../../support/policies.ts';
import { House, wayIn } from '../house.ts';
import {
  defined,
  defines,
  destination,
  destinations,
  manifest,
  routed,
  routing,
  sends,
  service,
  toJason,
} from '../manifests.ts';

const reviews = service('reviews');

function rules(...each: readonly string[]) {
  return policyOf(`groups: { sre: [U02BOB] }\nrules:\n${each.map((rule) => `  - { ${rule} }\n`).join('')}`);
}

describe('policy about a shift', () => {
  it('refuses a step that is too large', async () => {
    const house = new House();
    house.policies.take(rules('name: r, target: "**", shift: [everyone], maxStep: 20'));

    const denial = { reason: 'step-too-large', step: 50, maxStep: 20 };
    expect(await house.shift('v3', 50)).toMatchObject({ kind: 'denied', denial });
    expect([house.changes.all, house.split]).toEqual([[], { v1: 100 }]);
  });
});

describe('policy about traffic that goes up', () => {
  it.each`
    rule                         | says
    ${'ramp: { only: true }'}    | ${{ reason: 'ramp-only', ramps: [], isMeasured: true }}
    ${'hours: Mon-Fri 9-17 UTC'} | ${{ reason: 'outside-hours', opens: new Date('2026-11-23T09:00:00Z') }}
  `('refuses a single shift under $rule on a Sunday, and no rollback', async ({ rule, says }) => {
    const house = new House();
    await house.accepted('v3', 50);
    await house.work();
    house.policies.take(rules(`name: r, target: "**", shift: [everyone], ${rule}`));

    expect(await house.shift('v3', 60)).toMatchObject({ kind: 'denied', denial: says });
    expect(house.split).toEqual({ v1: 50, v3: 50 });

    expect(await house.typeRollback()).toMatchObject({ kind: 'accepted' });
    await house.work();
    expect(house.split).toMatchObject({ v1: 100 });
  });

  it.each`
    rule                         | says
    ${'ramp: { only: true }'}    | ${'ramp-only'}
    ${'hours: Mon-Fri 9-17 UTC'} | ${'outside-hours'}
  `('refuses a rule file under $rule', async ({ rule, says }) => {
    const house = new House(routed('reviews', { v1: 100 }, toJason));
    house.ruleFiles.write('all', [sends('reviews', { v3: 100 })]);
    house.policies.take(rules(`name: r, target: "**", shift: [everyone], ${rule}`));

    const { verdict } = wayIn(await house.type('/shift apply all')).judgement;

    expect(verdict).toMatchObject({ kind: 'refused', denial: { reason: says } });
  });
});

describe('policy about a delegate', () => {
  const delegate = service('shop-routes');
  const edge = { hosts: ['shop.example.com', 'shop'], http: [{ delegate: { name: 'shop-routes' } }] };
  let house: House;

  beforeEach(() => {
    house = new House(
      [delegate, { spec: { http: [{ route: destinations('reviews', { v1: 90, v3: 10 }) }] } }],
      [service('edge'), { spec: edge }],
    );
  });

  it('is that about the hosts whose requests are handed over to it', async () => {
    house.policies.take(rules('target: "*/*/shop", shift: [sre]', 'target: "**", shift: [everyone]'));

    expect(await house.shiftOf('vs/shop-routes', 'v3', 50)).toMatchObject({
      kind: 'denied',
      denial: { reason: 'not-allowed' },
    });
    expect(house.spec(delegate)).toMatchObject({ http: [{ route: [{ weight: 90 }, { weight: 10 }] }] });

    house.mesh.remove(service('edge'));
    expect(await house.shiftOf('vs/shop-routes', 'v3', 50)).toMatchObject({ kind: 'accepted' });
  });

  it('holds a freeze on any of them, also where the delegate is written whole', async () => {
    await house.freeze('U02BOB', 'sandbox/default/shop');
    const http = [{ timeout: '3s', route: destinations('reviews', { v3: 100 }) }];
    house.ruleFiles.write('all', [manifest('shop-routes', { http })]);

    const { judgement } = wayIn(await house.type('/shift apply all'));
    expect(judgement.verdict).toMatchObject({ kind: 'refused', denial: { reason: 'frozen' } });
    expect(await house.shiftOf('vs/shop-routes', 'v3', 50)).toMatchObject({ denial: { reason: 'frozen' } });
  });
});

describe('policy about a delegate that is not there yet', () => {
  const edge = { hosts: ['shop.example.com', 'shop'], http: [{ delegate: { name: 'shop-routes' } }] };
  const http = [{ route: destinations('reviews', { v3: 100 }) }];
  let house: House;

  beforeEach(() => {
    house = new House([service('edge'), { spec: edge }]);
    house.ruleFiles.write('all', [manifest('shop-routes', { http })]);
  });

  it('is that about the hosts whose requests would be handed over to it', async () => {
    house.policies.take(rules('target: "*/*/shop", shift: [sre]', 'target: "**", shift: [everyone]'));

    const { judgement } = wayIn(await house.type('/shift apply all'));

    expect(judgement.verdict).toMatchObject({ kind: 'refused', denial: { reason: 'not-allowed' } });
  });

  it('holds a freeze that came after its file was accepted', async () => {
    const change = await house.clicked('/shift apply all');
    await house.freeze('U02BOB', 'sandbox/default/shop');
    await house.work();

    expect(house.stored(change.id).state).toMatchObject({ kind: 'void', because: 'denied', denied: 'frozen' });
    expect(house.spec(service('shop-routes'))).toBeUndefined();
  });
});

describe('policy about whole objects of other kinds', () => {
  const bound = (name: string, more: object = {}) => ({ parentRefs: [{ group: '', kind: 'Service', name, ...more }] });
  const to = (...backendRefs: readonly object[]) => ({ rules: [{ backendRefs }] });
  const mirror = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'reviews', port: 80 } } };

  it.each<[string, Manifest['kind'], object]>([
    ['is bound to it', 'HTTPRoute', bound('reviews')],
    ['is bound to it in another namespace', 'GRPCRoute', bound('till', { namespace: 'bank' })],
    ['sends to it', 'HTTPRoute', { ...bound('web'), ...to({ name: 'web' }, { name: 'reviews' }) }],
    ['sends connections to it elsewhere', 'TCPRoute', { ...bound('web'), ...to({ name: 'till', namespace: 'bank' }) }],
    [
      'sends copies to it',
      'HTTPRoute',
      { ...bound('web'), rules: [{ filters: [mirror], backendRefs: [{ name: 'web' }] }] },
    ],
    ['has a backend that does', 'HTTPRoute', { ...bound('web'), ...to({ name: 'web', filters: [mirror] }) }],
    ['takes every host of a Gateway', 'HTTPRoute', { parentRefs: [{ name: 'edge' }], ...to({ name: 'web' }) }],
    ['splits to it', 'ServiceSplitter', { splits: [{ weight: 100, service: 'reviews' }] }],
    ['is it', 'ServiceResolver', { redirect: { service: 'reviews' } }],
    ['falls back to it', 'ServiceResolver', { failover: { '*': { service: 'reviews' } } }],
  ])('holds a freeze against one that %s (%s)', async (_, kind, spec) => {
    const house = new House([service('details'), { spec: routing('details', { v1: 100 }) }]);
    await house.freeze('U02BOB', 'sandbox/default/reviews');
    await house.freeze('U02BOB', 'sandbox/bank/till');
    house.ruleFiles.write('other', [{ kind, name: 'web', spec: JSON.parse(JSON.stringify(spec)) }]);

    const { judgement } = wayIn(await house.type('/shift apply other'));

    expect(judgement.verdict).toMatchObject({ kind: 'refused', denial: { reason: 'frozen' } });
  });

  it('lets one go that has nothing to do with it', async () => {
    const house = new House([service('details'), { spec: routing('details', { v1: 100 }) }]);
    await house.freeze('U02BOB', 'sandbox/default/reviews');
    const spec = { ...bound('web'), rules: [{ backendRefs: [{ name: 'web-v1', port: 80 }] }] };
    house.ruleFiles.write('other', [{ kind: 'HTTPRoute', name: 'web', spec }]);

    expect(wayIn(await house.type('/shift apply other')).judgement.verdict).toMatchObject({ kind: 'allowed' });
  });
});

describe('policy about whole objects', () => {
  let house: House;

  /** The file replaces reviews, and creates ratings. */
  beforeEach(() => {
    house = new House(routed('reviews', { v1: 100 }, toJason));
    house.ruleFiles.write('all', [sends('reviews', { v3: 100 }), sends('ratings', { v1: 100 })]);
  });

  async function verdict(line = '/shift apply all') {
    const { judgement } = wayIn(await house.type(line));
    return judgement.verdict;
  }

  /** A file that would give reviews these hosts. */
  function grab(...hosts: readonly string[]): void {
    house.ruleFiles.write('grab', [manifest('reviews', { ...routing('reviews', { v1: 100 }), hosts })]);
  }

  it('refuses all where one may not be changed', async () => {
    house.policies.take(rules('target: "*/*/ratings", shift: [sre]', 'target: "**", shift: [everyone]'));

    const shown = await house.type('/shift apply all');

    const { verdict } = wayIn(shown).judgement;
    expect(verdict).toMatchObject({ kind: 'refused', denial: { reason: 'not-allowed' } });
    expect(await house.click('/shift apply all', shown)).toMatchObject({ kind: 'denied' });
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
  });

  it('asks for what each of two rules asks for', async () => {
    const approved = 'shift: [everyone], approve: { by: [sre] }';
    house.policies.take(rules(`target: "*/*/ratings", ${approved}`, `target: "**", ${approved}`));

    expect(await verdict()).toMatchObject({ kind: 'needs-approval', needs: { count: 1, also: [{ count: 1 }] } });
  });

  it('judges an object by the hosts that it takes as well as by those that it had', async () => {
    grab('payments');
    house.policies.take(rules('target: "*/*/payments", shift: [sre]', 'target: "**", shift: [everyone]'));

    expect(await verdict('/shift apply grab')).toMatchObject({ kind: 'refused' });
  });

  it.each`
    what                               | hosts
    ${'beside one of his own'}         | ${['reviews', 'payments']}
    ${'under a name of his own'}       | ${['payments']}
    ${'of another namespace'}          | ${['reviews', 'till.bank.svc.cluster.local']}
    ${'of all of another namespace'}   | ${['reviews', '*.bank.svc.cluster.local']}
    ${'that no rule is about, abroad'} | ${['reviews', 'till.nowhere.svc.cluster.local']}
  `('lets nobody take a host $what, whatever rule comes first', async ({ hosts }) => {
    grab(...hosts);
    house.policies.take(
      rules(
        'target: "*/*/reviews", shift: [everyone]',
        'target: "*/bank/till", shift: [sre]',
        'target: "*/bank/*", shift: [everyone]',
        'target: "*/default/*", shift: [sre]',
      ),
    );

    expect(await verdict('/shift apply grab')).toMatchObject({ kind: 'refused' });
  });

  it.each(['*.local', '*.svc.cluster.local'])('lets nobody take all services at once who may not: %s', async (host) => {
    grab(host);
    house.policies.take(rules('target: "*/default/*", shift: [everyone]', 'target: "*/bank/*", shift: [sre]'));

    expect(await verdict('/shift apply grab')).toMatchObject({ kind: 'refused' });
  });

  it.each`
    what                             | file                                                                                                          | kind
    ${'rules above the others'}      | ${sends('reviews', { v1: 100 }, { ...toJason, match: [{ uri: { prefix: '/p' } }] })}                          | ${'refused'}
    ${'versions that become others'} | ${{ ...defines('reviews'), spec: { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v3' } }] } }} | ${'refused'}
    ${'versions that are added'}     | ${defines('reviews', 'v1', 'v2')}                                                                             | ${'allowed'}
  `('bounds the steps of what nobody measures and nobody approves: $what', async ({ file, kind }) => {
    house = new House(routed('reviews', { v1: 100 }), defined('reviews', 'v1'));
    house.ruleFiles.write('all', [file]);
    house.policies.take(rules('target: "**", shift: [everyone], maxStep: 25'));
    expect((await verdict()).kind).toBe(kind);

    house.policies.take(rules('target: "**", shift: [everyone], maxStep: 25, approve: { by: [sre] }'));
    expect((await verdict()).kind).toBe('needs-approval');
    expect(house.spec(destination('reviews'))).toEqual(defines('reviews', 'v1').spec);
  });
});
