import { describe, expect, it } from 'vitest';
import type { EditsAnswer } from '../../../src/workflow/asking/rule-file.ts';
import { readAudit } from '../../../src/workflow/looking/read-audit.ts';
import { acceptedIn, emptyHouse, House, wayIn } from '../house.ts';
import { defined, defines, manifest, routed, routing, sends, sendsWhole, service, toJason } from '../manifests.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];
const allV1 = 'bookinfo/virtual-service-all-v1';
const line = `/shift apply ${allV1}`;

/** An HTTPRoute of reviews. */
function dividedAmong(weights: Readonly<Record<string, number>>) {
  const backendRefs = Object.entries(weights).map(([name, weight]) => ({ name, port: 9080, weight }));
  return { parentRefs: [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }], rules: [{ backendRefs }] };
}

/** Reviews is split and ratings is not there: the file creates one object and replaces the other. */
function houseOfTwo(): House {
  const house = new House(routed('reviews', { v1: 100 }, toJason), routed('details', { v1: 100 }));
  const all = ['reviews', 'ratings', 'details'].map((name) => sends(name, { v1: 100 }));
  house.ruleFiles.write(allV1, all);
  return house;
}

describe('a rule file', () => {
  it('that differs only in weights is a shift like any other, at once', async () => {
    const house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('50-v3', [sends('reviews', { v1: 50, v3: 50 })]);

    const change = acceptedIn(await house.type('/shift apply 50-v3'));
    await house.work();

    expect(house.stored(change.id)).toMatchObject({
      edits: [{ kind: 'weights', moves: [{ to: { v1: 50, v3: 50 } }] }],
      state: { kind: 'applied' },
    });
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });

  it('is told to the audit of each service that it changes, and of no other', async () => {
    const house = houseOfTwo();
    await house.done(line);

    const told = async (name: string) => {
      const answer = await readAudit(house.desk, { kind: 'service', service: { service: name } }, house.asker());
      return 'reading' in answer ? answer.reading.entries.length : undefined;
    };
    expect([await told('reviews'), await told('ratings'), await told('details')]).toEqual([2, 2, 0]);
  });

  it('of an HTTPRoute that differs only in weights is a shift, too', async () => {
    const ref = { ...reviews, kind: 'HTTPRoute' } as const;
    const house = new House([ref, { spec: dividedAmong({ 'reviews-v1': 100 }) }]);
    for (const name of ['reviews-v1', 'reviews-v3']) house.mesh.addService(ref, { name, ports: [9080] });
    const spec = dividedAmong({ 'reviews-v1': 50, 'reviews-v3': 50 });
    house.ruleFiles.write('50-v3', [{ kind: 'HTTPRoute', name: 'reviews', spec }]);

    const change = acceptedIn(await house.type('/shift apply 50-v3'));
    await house.work();

    expect(house.stored(change.id)).toMatchObject({
      edits: [{ kind: 'weights', object: ref, moves: [{ to: { 'reviews-v1': 50, 'reviews-v3': 50 } }] }],
      state: { kind: 'applied' },
    });
    expect(house.spec(ref)).toMatchObject(spec);
  });

  it('of an HTTPRoute that sends to a Service of another name is shown first', async () => {
    const ref = { ...reviews, kind: 'HTTPRoute' } as const;
    const house = new House([ref, { spec: dividedAmong({ 'reviews-v1': 100 }) }]);
    for (const name of ['reviews-v1', 'fresh-reviews']) house.mesh.addService(ref, { name, ports: [9080] });
    const spec = dividedAmong({ 'reviews-v1': 50, 'fresh-reviews': 50 });
    house.ruleFiles.write('fresh', [{ kind: 'HTTPRoute', name: 'reviews', spec }]);

    expect(await house.type('/shift apply fresh')).toMatchObject({ kind: 'question' });
    await house.done('/shift apply fresh');
    expect(house.spec(ref)).toMatchObject(spec);
  });

  it('that only adds subsets leaves the others, and the object when it is deleted', async () => {
    const resolver = { ...reviews, kind: 'ServiceResolver' } as const;
    const splitter = { ...reviews, kind: 'ServiceSplitter' } as const;
    const filter = (version: string) => ({ filter: `Service.Meta.version == ${version}` });
    const house = new House([resolver, { spec: { connectTimeout: '5s', subsets: { v1: filter('v1') } } }]);
    house.ruleFiles.write('consul', [
      {
        kind: 'ServiceResolver',
        name: 'reviews',
        spec: { subsets: { v1: filter('other'), v3: filter('v3') } },
        isAdded: true,
      },
      { kind: 'ServiceSplitter', name: 'reviews', spec: { splits: [{ weight: 100, serviceSubset: 'v3' }] } },
    ]);

    const change = await house.done('/shift apply consul');

    const both = { connectTimeout: '5s', subsets: { v1: filter('v1'), v3: filter('v3') } };
    expect(change.edits.map(({ object }) => object.kind)).toEqual(['ServiceResolver', 'ServiceSplitter']);
    expect(house.spec(resolver)).toEqual(both);
    await house.done('/shift delete consul');
    expect(house.spec(splitter)).toBeUndefined();
    expect(house.spec(resolver)).toEqual(both);
  });

  it('that lacks a destination gives it nothing, and keeps its place', async () => {
    const house = new House(routed('reviews', { v1: 50, v3: 50 }));
    house.ruleFiles.write('v3', [sends('reviews', { v3: 100 })]);

    acceptedIn(await house.type('/shift apply v3'));
    await house.work();

    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 0, v3: 100 }));
    expect(await house.type('/shift apply v3')).toMatchObject({ kind: 'as-it-is' });
  });

  it('that holds a field which the API server does not know would be refused, though it is as the file says without it', async () => {
    const spec = routing('reviews', { v1: 100 });
    const house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('misspelt', [manifest('reviews', { ...spec, exportsTo: ['.'] })]);

    const shown = await house.type('/shift apply misspelt');

    expect(wayIn(shown).plan.edits[0].trial).toEqual({ kind: 'rejected', message: 'unknown field "spec.exportsTo"' });
    expect(await house.click('/shift apply misspelt', shown)).toMatchObject({ kind: 'not-taken' });
    expect(house.spec(reviews)).toEqual(spec);
  });

  it.each`
    what                             | file
    ${'that was converted'}          | ${{ conversions: ['The route rule old became VirtualService reviews.'] }}
    ${'that was converted in parts'} | ${{ unconverted: [{ rule: 'ingress', line: 1, why: 'it is for the Ingress' }] }}
  `('$what is shown first, also where it differs only in weights', async ({ file }) => {
    const house = new House(routed('reviews', { v1: 100 }));
    house.ruleFiles.write('old', [sends('reviews', { v1: 50, v3: 50 })], file);

    const answer = await house.type('/shift apply old');

    expect(answer).toMatchObject({ kind: 'question', question: { file } });
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });

  it('of more than weights is shown first, and nothing is changed by that', async () => {
    const house = houseOfTwo();

    const { edits } = wayIn(await house.type(line)).plan;

    expect(edits.map(({ edit, trial }) => [edit.object.name, edit.uid === undefined, trial.kind])).toEqual([
      ['reviews', false, 'fine'],
      ['ratings', true, 'fine'],
    ]);
    expect(house.changes.all).toEqual([]);
    expect(house.spec(ratings)).toBeUndefined();
  });

  it.each`
    what                           | live            | file            | lost
    ${'nothing defines'}           | ${['v1']}       | ${undefined}    | ${['v8']}
    ${'the same file takes away'}  | ${['v1', 'v8']} | ${['v1']}       | ${['v8']}
    ${'a DestinationRule defines'} | ${['v1', 'v8']} | ${undefined}    | ${[]}
    ${'the same file defines'}     | ${['v1']}       | ${['v1', 'v8']} | ${[]}
  `('that sends requests to a version which $what warns of $lost', async ({ live, file, lost }) => {
    const house = new House(defined('reviews', ...live));
    const all = [
      sends('reviews', { v1: 50, v8: 50, v9: 0 }),
      ...(file === undefined ? [] : [defines('reviews', ...file)]),
    ];
    house.ruleFiles.write('new', all);

    const { plan } = wayIn(await house.type('/shift apply new --dry-run'));

    const versions = lost.map((version: string) => ({ host: 'reviews.default.svc.cluster.local', version }));
    expect(plan.warnings).toEqual(lost.length === 0 ? [] : [{ kind: 'undefined-versions', versions }]);
  });

  it('leaves labels and annotations alone that it does not name', async () => {
    const labels = { team: 'books', tier: 'front' };
    const spec = routing('reviews', { v1: 100 });
    const house = new House([reviews, { labels, annotations: { note: 'mine' }, spec }]);
    house.ruleFiles.write('labels', [manifest('reviews', spec, { labels: { tier: 'back' } })]);

    const change = await house.done('/shift apply labels');

    const written = { labels: { team: 'books', tier: 'back' }, annotations: { note: 'mine' } };
    expect(house.mesh.contentOf(reviews)).toMatchObject(written);
    await house.rolledBack(change.id);
    expect(house.mesh.contentOf(reviews)).toMatchObject({ labels });
  });

  it.each`
    what                  | typed                                     | answer
    ${'is not there'}     | ${'/shift apply bookinfo/virtual-all-v1'} | ${{ kind: 'unknown-file' }}
    ${'is wrong'}         | ${'/shift apply broken'}                  | ${{ kind: 'bad-file', faults: [{ line: 3 }] }}
    ${'is for elsewhere'} | ${'/shift apply elsewhere -n default'}    | ${{ kind: 'other-namespace', written: 'shop' }}
    ${'is of no cluster'} | ${'/shift apply elsewhere --cluster x'}   | ${{ kind: 'unknown-cluster' }}
    ${'says it twice'}    | ${'/shift apply twice'}                   | ${{ kind: 'bad-file' }}
  `('that $what is refused whole', async ({ typed, answer }) => {
    const house = houseOfTwo();
    const { spec } = sends('reviews', { v1: 100 });
    house.ruleFiles.spoil('broken', 'tabs', 3);
    house.ruleFiles.write('elsewhere', [manifest('reviews', spec, { namespace: 'shop' })]);
    house.ruleFiles.write('twice', [
      sends('reviews', { v2: 100 }),
      manifest('reviews', spec, { namespace: 'default' }),
    ]);

    expect(await house.type(typed)).toMatchObject(answer);
    expect(house.changes.all).toEqual([]);
  });

  it('with what looks like a misprint is asked about, both ways', async () => {
    const house = new House(routed('reviews', { v1: 100 }));
    const written = [manifest('reviews', { hosts: ['reviews'], http: [toJason, toJason] })];
    const meant = { manifests: [sends('reviews', { v1: 50, v3: 50 })], doubts: ['two rules'] };
    house.ruleFiles.write('doubt', written, { meant });

    const shown = await house.type('/shift apply doubt');
    const change = acceptedIn(await house.click('/shift apply doubt', shown, { isMeant: true }));
    await house.work();

    expect(wayIn(shown).plan.stamp).not.toBe(wayIn(shown, true).plan.stamp);
    expect(house.stored(change.id).state.kind).toBe('applied');
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });

  it('that is too large for a record is refused', async () => {
    const house = emptyHouse();
    const annotations = { big: 'x'.repeat(300_000) };
    house.ruleFiles.write('big', [manifest('reviews', routing('reviews', { v1: 100 }), { annotations })]);

    const shown = await house.type('/shift apply big');

    expect(await house.click('/shift apply big', shown)).toMatchObject({ kind: 'too-much' });
    expect(house.spec(reviews)).toBeUndefined();
  });
});

describe('a click on Apply', () => {
  it('by two people at once, or twice, is one change', async () => {
    const house = houseOfTwo();
    const shown = await house.type(line);

    const answers = await Promise.all([
      house.click(line, shown),
      house.click(line, shown, { asker: house.asker('U02BOB') }),
    ]);
    await house.work();
    const late = await house.click(line, shown);

    expect(new Set([...answers, late].map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(house.mesh.ledgerOf(ratings).seq).toBe(1);
  });

  it('is not refused because of the change that the same click has just made elsewhere', async () => {
    const house = houseOfTwo();
    const shown = await house.type(line);
    const lines = house.changes.lines.bind(house.changes);
    const elsewhere = Promise.withResolvers<EditsAnswer>();
    house.changes.lines = async (objects) => {
      house.changes.lines = lines;
      elsewhere.resolve(await house.click(line, shown));
      return lines(objects);
    };

    const answer = await house.click(line, shown);

    expect(answer).toMatchObject({ kind: 'accepted', again: true });
    expect(acceptedIn(answer).id).toBe(acceptedIn(await elsewhere.promise).id);
  });

  it('shows the difference anew where somebody has written an object since', async () => {
    const house = houseOfTwo();
    const shown = await house.type(line);
    house.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v1: 20, v2: 80 }, toJason) }));

    const again = await house.click(line, shown);

    expect(again).toMatchObject({ kind: 'question', hasMoved: true });
    expect(house.changes.all).toEqual([]);
    await house.click(line, again);
    await house.work();
    expect(house.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });

  it('shows the difference anew where the file has been written since', async () => {
    const house = houseOfTwo();
    const shown = await house.type(line);
    house.ruleFiles.write(allV1, [sendsWhole('reviews', { v2: 100 })]);

    expect(await house.click(line, shown)).toMatchObject({ kind: 'question', hasMoved: true });
  });

  it('may be done again after it was taken back', async () => {
    const house = houseOfTwo();
    const first = await house.done(line);
    await house.rolledBack(first.id);

    const second = await house.done(line);

    expect(second.id).not.toBe(first.id);
    expect(second.state.kind).toBe('applied');
  });
});
