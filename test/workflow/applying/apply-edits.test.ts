import { describe, expect, it } from 'vitest';
import { effectOf } from '../../../src/domain/change/change.ts';
import type { EditsAnswer } from '../../../src/workflow/asking/rule-file.ts';
import { MeshUnavailableError, NotPermittedError, RejectedError } from '../../../src/workflow/errors.ts';
import { serviceStatus } from '../../../src/workflow/looking/look-up.ts';
import { readAudit } from '../../../src/workflow/looking/read-audit.ts';
import { policyOf } from '../../support/policies.ts';
import {
  destination,
  EditsHouse,
  manifest,
  routing,
  ruleOf,
  service,
  toJason,
  versions,
  wayIn,
} from '../edits-house.ts';
import { acceptedIn } from '../house.ts';

const [reviews, ratings, details] = [service('reviews'), service('ratings'), service('details')];
const allV1 = 'bookinfo/virtual-service-all-v1';
const line = `/shift apply ${allV1}`;

/** reviews is split and ratings is not there: the file creates one object and replaces the other. */
function house(): EditsHouse {
  const made = new EditsHouse([
    [reviews, routing('reviews', { v1: 100 }, toJason)],
    [details, routing('details', { v1: 100 })],
  ]);
  made.ruleFiles.write(allV1, [
    manifest('reviews', routing('reviews', { v1: 100 })),
    manifest('ratings', routing('ratings', { v1: 100 })),
    manifest('details', routing('details', { v1: 100 })),
  ]);
  return made;
}

describe('a rule file', () => {
  it('that differs only in weights is a shift like any other, at once', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 })]]);
    world.ruleFiles.write('50-v3', [manifest('reviews', routing('reviews', { v1: 50, v3: 50 }))]);

    const change = acceptedIn(await world.type('/shift apply 50-v3'));
    await world.work();

    expect(world.stored(change.id)).toMatchObject({
      edits: [{ kind: 'weights', moves: [{ to: { v1: 50, v3: 50 } }] }],
      state: { kind: 'applied' },
    });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });

  it('is told to the audit of each service that it changes, and of no other', async () => {
    const world = house();
    await world.done(line);

    const told = async (name: string) => {
      const answer = await readAudit(world.desk, { kind: 'service', service: { service: name } }, world.asker());
      return 'reading' in answer ? answer.reading.entries.length : undefined;
    };
    expect([await told('reviews'), await told('ratings'), await told('details')]).toEqual([2, 2, 0]);
  });

  it('that may not be applied is told to the audit as refused, unless it was only a dry run', async () => {
    const world = house();
    world.policies.take(policyOf('rules:\n  - { name: bobs, target: "**", shift: [U02BOB] }\n'));
    const asker = world.asker('U02BOB');
    await world.type(`${line} --dry-run`);
    await world.type(line);
    world.mesh.rejectEverything(new RejectedError('no such subset'));
    await world.type(line, asker);

    expect(world.audit.trail).toMatchObject([
      { kind: 'denied', deed: 'shift', by: { user: 'U01ALICE' }, because: 'not-allowed', rule: { name: 'bobs' } },
      { kind: 'refused', deed: 'shift', by: { user: 'U02BOB' }, because: 'not-taken' },
    ]);
    expect(world.audit.trail[0]).toMatchObject({
      does: `apply ${allV1}`,
      objects: expect.arrayContaining(['default/ratings']),
    });
  });

  it('that lacks a destination gives it nothing, and keeps its place', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 50, v3: 50 })]]);
    world.ruleFiles.write('v3', [manifest('reviews', routing('reviews', { v3: 100 }))]);

    acceptedIn(await world.type('/shift apply v3'));
    await world.work();

    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 0, v3: 100 }));
    expect(await world.type('/shift apply v3')).toMatchObject({ kind: 'as-it-is' });
  });

  it('that holds a field which the API server does not know would be refused, though it is as the file says without it', async () => {
    const spec = routing('reviews', { v1: 100 });
    const world = new EditsHouse([[reviews, spec]]);
    world.ruleFiles.write('misspelt', [manifest('reviews', { ...spec, exportsTo: ['.'] })]);

    const shown = await world.type('/shift apply misspelt');

    expect(wayIn(shown).plan.edits[0].trial).toEqual({ kind: 'rejected', message: 'unknown field "spec.exportsTo"' });
    expect(await world.click('/shift apply misspelt', shown)).toMatchObject({ kind: 'not-taken' });
    expect(world.spec(reviews)).toEqual(spec);
  });

  it.each`
    what                             | file
    ${'that was converted'}          | ${{ conversions: ['The route rule old became VirtualService reviews.'] }}
    ${'that was converted in parts'} | ${{ unconverted: [{ rule: 'ingress', line: 1, why: 'it is for the Ingress' }] }}
  `('$what is shown first, also where it differs only in weights', async ({ file }) => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 })]]);
    world.ruleFiles.write('old', [manifest('reviews', routing('reviews', { v1: 50, v3: 50 }))], file);

    const answer = await world.type('/shift apply old');

    expect(answer).toMatchObject({ kind: 'question', question: { file } });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });

  it('of more than weights is shown first, and nothing is changed by that', async () => {
    const world = house();

    const shown = await world.type(line);

    expect(
      wayIn(shown).plan.edits.map(({ edit, trial }) => [edit.object.name, edit.uid === undefined, trial.kind]),
    ).toEqual([
      ['reviews', false, 'fine'],
      ['ratings', true, 'fine'],
    ]);
    expect(world.changes.all).toEqual([]);
    expect(world.spec(ratings)).toBeUndefined();
  });

  it('creates what is missing and replaces what is there, when that is clicked, with the record on each', async () => {
    const world = house();

    const change = await world.done(line);

    expect(change.state).toMatchObject({
      kind: 'applied',
      made: [
        { object: reviews, seq: 1, live: [{ split: { v1: 100 } }] },
        { object: ratings, seq: 1, live: [{ split: { v1: 100 } }] },
      ],
    });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    for (const ref of [reviews, ratings])
      expect(world.mesh.wholeOf(ref)?.ledger).toMatchObject({
        seq: 1,
        revisions: [{ id: change.id, does: `apply ${allV1}` }],
      });
    expect(world.mesh.wholeOf(details)?.ledger.seq).toBe(0);
    expect(world.chat.shows(change.id)?.state.kind).toBe('applied');
  });

  it('makes the versions before it sends anything to them', async () => {
    const world = new EditsHouse([]);
    world.ruleFiles.write('new', [
      manifest('reviews', routing('reviews', { v1: 100 })),
      ruleOf('reviews', versions('reviews', 'v1')),
    ]);

    const change = await world.done('/shift apply new');

    expect(change.edits.map(({ object }) => object.kind)).toEqual(['DestinationRule', 'VirtualService']);
    expect(world.mesh.wholeOf(destination('reviews'))?.ledger.revisions).toMatchObject([{ id: change.id }]);
  });

  it.each`
    what                           | live            | file            | lost
    ${'nothing defines'}           | ${['v1']}       | ${undefined}    | ${['v8']}
    ${'the same file takes away'}  | ${['v1', 'v8']} | ${['v1']}       | ${['v8']}
    ${'a DestinationRule defines'} | ${['v1', 'v8']} | ${undefined}    | ${[]}
    ${'the same file defines'}     | ${['v1']}       | ${['v1', 'v8']} | ${[]}
  `('that sends requests to a version which $what warns of $lost', async ({ live, file, lost }) => {
    const world = new EditsHouse([[destination('reviews'), versions('reviews', ...live)]]);
    world.ruleFiles.write('new', [
      manifest('reviews', routing('reviews', { v1: 50, v8: 50, v9: 0 })),
      ...(file === undefined ? [] : [ruleOf('reviews', versions('reviews', ...file))]),
    ]);

    const { plan } = wayIn(await world.type('/shift apply new --dry-run'));

    const versionsLost = lost.map((version: string) => ({ host: 'reviews.default.svc.cluster.local', version }));
    expect(plan.warnings).toEqual(lost.length === 0 ? [] : [{ kind: 'undefined-versions', versions: versionsLost }]);
  });

  it('leaves labels and annotations alone that it does not name', async () => {
    const world = new EditsHouse([
      [
        reviews,
        {
          labels: { team: 'books', tier: 'front' },
          annotations: { note: 'mine' },
          spec: routing('reviews', { v1: 100 }),
        },
      ],
    ]);
    world.ruleFiles.write('labels', [
      manifest('reviews', routing('reviews', { v1: 100 }), { labels: { tier: 'back' } }),
    ]);

    const change = await world.done('/shift apply labels');

    expect(world.mesh.contentOf(reviews)).toMatchObject({
      labels: { team: 'books', tier: 'back' },
      annotations: { note: 'mine' },
    });
    acceptedIn(await world.clickRollback(change.id));
    await world.work();
    expect(world.mesh.contentOf(reviews)).toMatchObject({ labels: { team: 'books', tier: 'front' } });
  });

  it.each`
    what                  | typed                                     | answer
    ${'is not there'}     | ${'/shift apply bookinfo/virtual-all-v1'} | ${{ kind: 'unknown-file' }}
    ${'is wrong'}         | ${'/shift apply broken'}                  | ${{ kind: 'bad-file', faults: [{ line: 3 }] }}
    ${'is for elsewhere'} | ${'/shift apply elsewhere -n default'}    | ${{ kind: 'other-namespace', written: 'shop' }}
    ${'is of no cluster'} | ${'/shift apply elsewhere --cluster x'}   | ${{ kind: 'unknown-cluster' }}
  `('that $what is refused whole', async ({ typed, answer }) => {
    const world = house();
    world.ruleFiles.spoil('broken', 'tabs', 3);
    world.ruleFiles.write('elsewhere', [manifest('reviews', routing('reviews', { v1: 100 }), { namespace: 'shop' })]);

    expect(await world.type(typed)).toMatchObject(answer);
    expect(world.changes.all).toEqual([]);
  });

  it('in which two objects are one and the same is refused whole', async () => {
    const world = house();
    world.ruleFiles.write('twice', [
      manifest('reviews', routing('reviews', { v1: 100 })),
      manifest('reviews', routing('reviews', { v2: 100 }), { namespace: 'default' }),
    ]);

    expect(await world.type('/shift apply twice')).toMatchObject({ kind: 'bad-file' });
  });

  it('with what looks like a misprint is asked about, both ways', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 })]]);
    const written = [manifest('reviews', { hosts: ['reviews'], http: [toJason, toJason] })];
    const meant = { manifests: [manifest('reviews', routing('reviews', { v1: 50, v3: 50 }))], doubts: ['two rules'] };
    world.ruleFiles.write('doubt', written, { meant });

    const shown = await world.type('/shift apply doubt');
    const change = acceptedIn(await world.click('/shift apply doubt', shown, { isMeant: true }));
    await world.work();

    expect(wayIn(shown).plan.stamp).not.toBe(wayIn(shown, true).plan.stamp);
    expect(world.stored(change.id).state.kind).toBe('applied');
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 50, v3: 50 }));
  });

  it('that is too large for a record is refused', async () => {
    const world = new EditsHouse([]);
    const annotations = { big: 'x'.repeat(300_000) };
    world.ruleFiles.write('big', [manifest('reviews', routing('reviews', { v1: 100 }), { annotations })]);

    const shown = await world.type('/shift apply big');

    expect(await world.click('/shift apply big', shown)).toMatchObject({ kind: 'too-much' });
    expect(world.spec(reviews)).toBeUndefined();
  });
});

describe('a click on Apply', () => {
  it('delivered twice is one change', async () => {
    const world = house();
    const shown = await world.type(line);
    const asker = world.asker();

    const first = acceptedIn(await world.click(line, shown, { asker }));
    await world.work();
    const again = await world.click(line, shown, { asker });
    await world.work();

    expect(again).toMatchObject({ kind: 'accepted', again: true, change: { id: first.id } });
    expect(world.mesh.wholeOf(reviews)?.ledger.seq).toBe(1);
  });

  it('by two people at once, or twice, is one change', async () => {
    const world = house();
    const shown = await world.type(line);

    const answers = await Promise.all([
      world.click(line, shown),
      world.click(line, shown, { asker: world.asker('U02BOB') }),
    ]);
    await world.work();
    const late = await world.click(line, shown);

    expect(new Set([...answers, late].map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(world.mesh.wholeOf(ratings)?.ledger.seq).toBe(1);
  });

  it('is not refused because of the change that the same click has just made elsewhere', async () => {
    const world = house();
    const shown = await world.type(line);
    const lines = world.changes.lines.bind(world.changes);
    const elsewhere = Promise.withResolvers<EditsAnswer>();
    world.changes.lines = async (objects) => {
      world.changes.lines = lines;
      elsewhere.resolve(await world.click(line, shown));
      return lines(objects);
    };

    const answer = await world.click(line, shown);

    expect(answer).toMatchObject({ kind: 'accepted', again: true });
    expect(acceptedIn(answer).id).toBe(acceptedIn(await elsewhere.promise).id);
  });

  it('shows the difference anew where somebody has written an object since', async () => {
    const world = house();
    const shown = await world.type(line);
    world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v1: 20, v2: 80 }, toJason) }));

    const again = await world.click(line, shown);

    expect(again).toMatchObject({ kind: 'question', hasMoved: true });
    expect(world.changes.all).toEqual([]);
    await world.click(line, again);
    await world.work();
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });

  it('shows the difference anew where the file has been written since', async () => {
    const world = house();
    const shown = await world.type(line);
    world.ruleFiles.write(allV1, [manifest('reviews', routing('reviews', { v2: 100 }))]);

    expect(await world.click(line, shown)).toMatchObject({ kind: 'question', hasMoved: true });
  });

  it('waits for no change that is to be applied before, whose effect is not known whole', async () => {
    const world = house();
    const shown = await world.type(line);
    const waiting = await world.accepted('v3', 50);

    expect(await world.click(line, shown)).toMatchObject({ kind: 'busy', first: { id: waiting.id } });
  });

  it('may be done again after it was taken back', async () => {
    const world = house();
    const first = await world.done(line);
    acceptedIn(await world.clickRollback(first.id));
    await world.work();

    const second = await world.done(line);

    expect(second.id).not.toBe(first.id);
    expect(second.state.kind).toBe('applied');
  });
});

describe('a change of several objects', () => {
  async function accepted(world: EditsHouse) {
    return acceptedIn(await world.click(line, await world.type(line)));
  }

  it('is held when somebody has written one of them since, which the card names, and nothing is written', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });

    await world.work();

    expect(world.stored(change.id).state).toMatchObject({
      kind: 'held',
      because: 'moved',
      found: [{ object: ratings, lastWriter: 'kubectl', content: { spec: routing('ratings', { v2: 100 }) } }],
    });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
    expect(world.spec(ratings)).toEqual(routing('ratings', { v2: 100 }));
  });

  it('that is held is applied anyway when a person says so, to what the card shows and to nothing else', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });
    await world.work();
    world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v3: 100 }) }));

    expect(await world.clickApplyAnyway(change.id)).toMatchObject({ kind: 'moved-again' });
    expect(world.stored(change.id).state).toMatchObject({
      found: [
        { object: reviews, content: { spec: routing('reviews', { v3: 100 }) } },
        { object: ratings, content: { spec: routing('ratings', { v2: 100 }) } },
      ],
    });
    expect(await world.clickApplyAnyway(change.id)).toMatchObject({ kind: 'planned-anew' });
    await world.work();

    expect(world.stored(change.id).state.kind).toBe('applied');
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }));
  });

  it('stands in the status of each of its services while it waits for people', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });
    await world.work();

    for (const service of ['reviews', 'ratings'])
      expect(await serviceStatus(world.desk, { service })).toMatchObject({ open: [{ id: change.id }] });
    expect(await serviceStatus(world.desk, { service: 'details' })).toMatchObject({ open: [] });
  });

  it.each(['U01ALICE', 'U02BOB'])(
    'that is held can be discarded by %s, also while the cluster is away',
    async (user) => {
      const world = house();
      const change = await accepted(world);
      world.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });
      await world.work();
      world.mesh.failReads(new MeshUnavailableError('away'));

      expect(await world.clickDiscard(change.id, world.asker(user))).toMatchObject({ kind: 'discarded' });
    },
  );

  it('can be rejected while the cluster is away', async () => {
    const world = house();
    world.policies.take(
      policyOf('rules: [{ name: r, target: "**", shift: [everyone], approve: { by: [U02BOB], count: 1 } }]'),
    );
    const change = await accepted(world);
    world.mesh.failReads(new MeshUnavailableError('away'));

    expect(await world.reject(change.id, 'U02BOB')).toMatchObject({ kind: 'rejected' });
  });

  it('goes on where it was left when the API server was away in the middle, and writes nothing twice', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.failWrites('none', { error: new MeshUnavailableError('away') });

    await world.work();
    expect(world.stored(change.id).state.kind).toBe('applying');
    world.pass(2_000);
    await world.attempt(change);

    expect(world.stored(change.id).state.kind).toBe('applied');
    expect(world.mesh.wholeOf(reviews)?.ledger.seq).toBe(1);
    expect(world.mesh.wholeOf(ratings)?.ledger.seq).toBe(1);
  });

  it.each([0, 1])('is told as done where the reply of write %i was lost after it was stored', async (before) => {
    const world = house();
    const change = await accepted(world);
    const lost = { error: new MeshUnavailableError('lost'), stored: true } as const;
    world.mesh.failWrites(...Array.from({ length: before }, () => 'none' as const), lost);

    await world.work();

    expect(world.stored(change.id).state.kind).toBe('applied');
    expect(world.mesh.wholeOf(reviews)?.ledger.seq).toBe(1);
  });

  it.each([0, 1])('is resumed by the next worker when one dies after write %i', async (before) => {
    const world = house();
    const change = await accepted(world);
    const dies = { error: new Error('killed'), stored: true } as const;
    world.mesh.failWrites(...Array.from({ length: before }, () => 'none' as const), dies);
    await expect(world.attempt(change)).rejects.toThrow('killed');

    world.pass(2_000);
    await world.attempt(change);

    expect(world.stored(change.id).state.kind).toBe('applied');
    for (const ref of [reviews, ratings]) expect(world.mesh.wholeOf(ref)?.ledger.seq).toBe(1);
  });

  it.each`
    what          | died | meanwhile       | object     | theirs
    ${'creates'}  | ${1} | ${'deletes'}    | ${ratings} | ${undefined}
    ${'replaces'} | ${0} | ${'deletes'}    | ${reviews} | ${undefined}
    ${'replaces'} | ${0} | ${'makes anew'} | ${reviews} | ${routing('reviews', { v1: 100 }, toJason)}
  `(
    'leaves alone what it $what and somebody $meanwhile before the next worker comes, where one dies right after that',
    async ({ died, object, theirs }) => {
      const world = house();
      const change = await accepted(world);
      const dies = { error: new Error('killed'), stored: true } as const;
      world.mesh.failWrites(...Array.from({ length: died }, () => 'none' as const), dies);
      await expect(world.attempt(change)).rejects.toThrow('killed');
      if (theirs === undefined) world.mesh.editWhole(object, () => undefined);
      else world.mesh.putWhole(object, { spec: theirs });

      world.pass(2_000);
      await world.attempt(change);

      expect(world.spec(object)).toEqual(theirs);
      expect(world.stored(change.id).state).toMatchObject({ kind: 'applied', made: [{ seq: 1 }, { seq: 1 }] });
    },
  );

  it('creates what somebody made and deleted while a worker was dead that had not come to it', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.failWrites('none', { error: new Error('killed') });
    await expect(world.attempt(change)).rejects.toThrow('killed');
    world.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });
    world.mesh.editWhole(ratings, () => undefined);

    world.pass(2_000);
    await world.attempt(change);

    expect(world.stored(change.id).state.kind).toBe('applied');
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
  });

  it.each([0, 1])(
    'ends honestly where the cluster no longer tells whether it had created the rest, %i written',
    async (written) => {
      const world = house();
      const change = await accepted(world);
      world.mesh.failWrites(...Array.from({ length: written }, () => 'none' as const), { error: new Error('killed') });
      await expect(world.attempt(change)).rejects.toThrow('killed');
      world.mesh.forget();

      world.pass(2_000);
      await world.attempt(change);

      expect(world.spec(ratings)).toBeUndefined();
      expect(world.stored(change.id).state).toMatchObject({
        kind: 'failed',
        because: 'creation-unclear',
        object: ratings,
      });
      expect(effectOf(world.stored(change.id))).toHaveLength(written);
    },
  );

  it.each`
    what                                    | memory    | state
    ${'tells what it wrote of what was'}    | ${'kept'} | ${{ kind: 'applied' }}
    ${'does not claim to know of what was'} | ${'lost'} | ${{ kind: 'failed', because: 'creation-unclear', object: ratings, written: [reviews] }}
  `('$what deleted, where its outcome is looked up only later', async ({ memory, state: told }) => {
    const world = house();
    const change = await accepted(world);
    world.mesh.failWrites('none', { error: new Error('killed'), stored: true });
    await expect(world.attempt(change)).rejects.toThrow('killed');
    world.mesh.editWhole(ratings, () => undefined);
    if (memory === 'lost') world.mesh.forget();
    const { state, rev } = world.stored(change.id);
    expect(state.kind).toBe('applying');
    const unknown = { kind: 'failed', at: world.now().toISOString(), because: 'unreachable' } as const;
    await world.changes.update({ ...change, state: unknown, rev: rev + 1 });

    world.pass(80_000);
    await world.reconcile();

    expect(world.stored(change.id).state).toMatchObject(told);
  });

  it.each`
    what                      | error                                     | because
    ${'RBAC says no (403)'}   | ${new NotPermittedError('cannot create')} | ${'not-permitted'}
    ${'a webhook does (422)'} | ${new RejectedError('hosts is required')} | ${'rejected'}
  `(
    'when $what in the middle tells what was written and what was not, and takes back what was',
    async ({ error, because }) => {
      const world = house();
      const change = await accepted(world);
      world.mesh.failWrites('none', { error });

      await world.work();

      expect(world.stored(change.id).state).toMatchObject({
        kind: 'failed',
        because,
        object: ratings,
        written: [reviews],
      });
      acceptedIn(await world.clickRollback(change.id));
      await world.work();
      expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
      expect(world.stored(change.id).state).toMatchObject({ rolledBack: { by: 'U01ALICE' } });
    },
  );

  it('tells the same when somebody comes in between in the middle', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.failWrites('none', { error: new MeshUnavailableError('away') });
    await world.work();
    world.mesh.putWhole(ratings, { spec: routing('ratings', { v2: 100 }) });

    world.pass(2_000);
    await world.attempt(change);

    expect(world.stored(change.id).state).toMatchObject({
      kind: 'failed',
      because: 'half-applied',
      object: ratings,
      written: [reviews],
    });
    expect(world.spec(ratings)).toEqual(routing('ratings', { v2: 100 }));
  });

  it('reads again when an object was written between the reading and the write, and holds', async () => {
    const world = house();
    const change = await accepted(world);
    world.mesh.afterNextRead(() => world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v3: 100 }) })));

    await world.work();

    expect(world.spec(ratings)).toBeUndefined();
    expect(world.stored(change.id).state.kind).toBe('held');
    expect(world.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
  });

  it('is superseded by a shift of one of its objects', async () => {
    const world = house();
    const change = await accepted(world);
    const open = await world.mesh.open(reviews);
    const move = { rule: 'default', from: { v1: 100 }, to: { v1: 50, v3: 50 } };
    const at = world.now().toISOString();
    await open.write({ kind: 'weights', moves: [move] }, { id: 'c-00000009', at, by: 'U02BOB', ...move });

    await world.work();

    expect(world.stored(change.id).state).toMatchObject({ kind: 'superseded', by: 'c-00000009' });
  });

  it('is not applied when one of its services was locked since', async () => {
    const world = house();
    const change = await accepted(world);
    await world.lock('U02BOB');

    await world.work();

    expect(world.stored(change.id).state).toMatchObject({ kind: 'void', because: 'denied', denied: 'locked' });
    expect(world.spec(ratings)).toBeUndefined();
    await world.unlock('U02BOB');
    expect(await world.clickApplyAnyway(change.id)).toMatchObject({ kind: 'planned-anew' });
    await world.work();
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
  });
});

describe('an earlier change of a rule beside the default one', () => {
  const orders = (weights: Readonly<Record<string, number>>) => ({
    ...{ name: 'orders', match: [{ uri: { prefix: '/orders' } }] },
    route: Object.entries(weights).map(([subset, weight]) => ({ destination: { host: 'reviews', subset }, weight })),
  });
  const ofOrders = (world: EditsHouse) => world.mesh.splitOf(reviews, 'orders');

  async function afterFile(weights: Readonly<Record<string, number>>) {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 }, orders({ v1: 100, v2: 0 }))]]);
    world.ruleFiles.write('gateway', [
      manifest('reviews', { ...routing('reviews', { v1: 100 }, orders(weights)), gateways: ['mesh', 'public'] }),
    ]);
    const { id } = await world.applied('v2', 50, { rule: 'orders' });
    const file = await world.done('/shift apply gateway');
    return { world, id, file };
  }

  it('is followed by a file that sets it', async () => {
    const { world, id, file } = await afterFile({ v1: 80, v2: 20 });

    expect(world.stored(id).state).toMatchObject({ later: file.id });
  });

  it('still is what made the rule after a file that leaves it, and is watched over', async () => {
    const { world, id } = await afterFile({ v1: 50, v2: 50 });
    expect(world.stored(id).state).not.toHaveProperty('later');

    world.mesh.moveByHand(reviews, { v1: 100, v2: 0 }, 'orders');
    await world.look();

    expect(ofOrders(world)).toEqual({ v1: 100, v2: 0 });
    expect(world.stored(id).state).toMatchObject({ movedAway: { how: 'weights', rule: 'orders' } });
  });
});
