import { describe, expect, it } from 'vitest';
import { moving } from '../../support/builders.ts';
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
import { acceptedIn, stampIn } from '../house.ts';

const [reviews, ratings] = [service('reviews'), service('ratings')];
const line = '/shift apply all-v1';
const elsewhere = { spec: routing('reviews', { v2: 100 }) };
/** More than a record has room for. */
const large = { annotations: { notes: 'x'.repeat(40_000) }, spec: routing('reviews', { v2: 100 }) };

/** reviews is replaced, ratings and its versions are created. */
function house(): EditsHouse {
  const made = new EditsHouse([
    [reviews, { labels: { team: 'books' }, spec: routing('reviews', { v1: 100 }, toJason) }],
  ]);
  made.ruleFiles.write('all-v1', [
    manifest('reviews', routing('reviews', { v3: 100 })),
    manifest('ratings', routing('ratings', { v1: 100 })),
    ruleOf('ratings', versions('ratings', 'v1', 'v2')),
  ]);
  return made;
}

async function rolledBack(world: EditsHouse, id: `c-${string}`, seen?: string) {
  const change = acceptedIn(await world.clickRollback(id, seen));
  await world.work();
  return world.stored(change.id);
}

describe('the rollback of a change of objects', () => {
  it('deletes what it created and brings back what it replaced', async () => {
    const world = house();
    const before = world.mesh.contentOf(reviews);
    const change = await world.done(line);

    const back = await rolledBack(world, change.id);

    expect(back.state.kind).toBe('applied');
    expect(world.mesh.contentOf(reviews)).toEqual(before);
    expect([world.spec(ratings), world.spec(destination('ratings'))]).toEqual([undefined, undefined]);
    expect(world.stored(change.id).state).toMatchObject({ rolledBack: { change: back.id } });
    expect(world.mesh.wholeOf(reviews)?.ledger).toMatchObject({
      seq: 2,
      revisions: [{ id: back.id, reverts: change.id }, { id: change.id }],
    });
  });

  it('deletes who uses versions before it deletes the versions', async () => {
    const world = house();
    const change = await world.done(line);

    const back = await rolledBack(world, change.id);

    expect(back.edits.map(({ object: { kind, name } }) => `${kind} ${name}`)).toEqual([
      'VirtualService reviews',
      'VirtualService ratings',
      'DestinationRule ratings',
    ]);
  });

  it('clicked twice, also by two people, is one rollback', async () => {
    const world = house();
    const change = await world.done(line);

    const answers = await Promise.all([
      world.clickRollback(change.id),
      world.clickRollback(change.id, undefined, world.asker('U02BOB')),
    ]);
    await world.work();

    expect(new Set(answers.map((answer) => acceptedIn(answer).id)).size).toBe(1);
    expect(world.mesh.wholeOf(reviews)?.ledger.seq).toBe(2);
  });

  it('is the newest change that a typed rollback takes back whole', async () => {
    const world = house();
    const change = await world.done(line);
    const asker = world.asker();

    const first = acceptedIn(await world.typeRollback(undefined, asker));
    await world.work();
    const again = acceptedIn(await world.typeRollback(undefined, asker));

    expect(first).toMatchObject({ reverts: change.id });
    expect(again.id).toBe(first.id);
    expect(world.spec(ratings)).toBeUndefined();
  });

  it('can be tried out, and changes nothing by that', async () => {
    const world = house();
    await world.done(line);

    expect(await world.typeRollback(undefined, world.asker(), { dryRun: true })).toMatchObject({
      kind: 'preview',
    });
    expect(world.changes.all).toHaveLength(1);
  });

  it('of a rollback makes all of it again', async () => {
    const world = house();
    const change = await world.done(line);
    const back = await rolledBack(world, change.id);

    await rolledBack(world, back.id);

    expect(world.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    expect(world.mesh.wholeOf(ratings)?.ledger).toMatchObject({ seq: 3 });
  });

  it.each`
    what                             | happens
    ${'a later shift'}               | ${async (world: EditsHouse) => void (await world.applied('v1', 50))}
    ${'an edit by somebody else'}    | ${(world: EditsHouse) => world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v2: 100 }) }))}
    ${'a deletion by somebody else'} | ${(world: EditsHouse) => world.mesh.editWhole(reviews, () => undefined)}
  `('shows first that it would undo $what, and then does so', async ({ happens }) => {
    const world = house();
    const change = await world.done(line);
    await happens(world);
    await world.settled();

    const asked = await world.clickRollback(change.id);
    expect(asked.kind).toBe('confirm');
    expect(world.changes.all.filter(({ reverts }) => reverts !== undefined)).toEqual([]);
    await rolledBack(world, change.id, stampIn(asked));

    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
    expect(world.spec(ratings)).toBeUndefined();
  });

  it('asks first where what it brings back has lost its versions since', async () => {
    const world = house();
    world.mesh.putWhole(reviews, { spec: routing('reviews', { v8: 100 }) });
    world.mesh.putWhole(destination('reviews'), { spec: versions('reviews', 'v3', 'v8') });
    const change = await world.done(line);
    world.mesh.editWhole(destination('reviews'), () => ({ spec: versions('reviews', 'v3') }));

    const asked = await world.clickRollback(change.id);
    expect(asked).toMatchObject({
      kind: 'confirm',
      undo: { changes: [], moved: undefined },
      plan: { warnings: [{ kind: 'undefined-versions', versions: [{ version: 'v8' }] }] },
    });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));

    expect((await rolledBack(world, change.id, stampIn(asked))).state.kind).toBe('applied');
  });

  it('is held when somebody writes an object between the click and the write', async () => {
    const world = house();
    const change = await world.done(line);
    const back = acceptedIn(await world.clickRollback(change.id));
    world.mesh.editWhole(ratings, () => ({ spec: routing('ratings', { v2: 100 }) }));

    await world.work();

    expect(world.stored(back.id).state).toMatchObject({ kind: 'held', found: [{ object: ratings }] });
    expect(world.spec(ratings)).toEqual(routing('ratings', { v2: 100 }));
    expect(world.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
  });

  it('without its record is refused, and says what the split was', async () => {
    const world = house();
    const change = await world.done(line);
    world.changes.lose();

    const answers = [await world.clickRollback(change.id), await world.typeRollback()];

    for (const answer of answers)
      expect(answer).toMatchObject({
        kind: 'refused',
        refusal: { reason: 'record-lost', revision: { from: { v1: 100 } } },
      });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
  });
});

describe('the deletion of what a rule file names', () => {
  const typed = '/shift delete all-v1';

  it('is shown first, and then done, who uses versions before the versions', async () => {
    const world = house();
    await world.done(line);

    const change = await world.done(typed);

    expect(change.edits.map(({ object: { kind } }) => kind)).toEqual([
      'VirtualService',
      'VirtualService',
      'DestinationRule',
    ]);
    expect([reviews, ratings, destination('ratings')].map((ref) => world.spec(ref))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await world.type(typed)).toMatchObject({ kind: 'as-it-is' });
  });

  it('is no matter of somebody else for the changes before it, nor for itself', async () => {
    const world = house();
    const shift = await world.applied('v3', 50);

    const change = await world.done(typed);
    await world.look();
    await world.lookAround();

    expect(world.stored(shift.id).state).not.toHaveProperty('movedAway');
    expect(world.stored(shift.id).state).toMatchObject({ later: change.id });
    expect(world.stored(change.id).state).not.toHaveProperty('movedAway');
  });

  it('is not told as somebody else’s while it is being applied', async () => {
    const world = house();
    const shift = await world.applied('v3', 50);
    const change = acceptedIn(await world.click(typed, await world.type(typed)));
    const dies = { error: new Error('killed'), stored: true } as const;
    world.mesh.failWrites(dies);
    await expect(world.attempt(change)).rejects.toThrow('killed');

    await world.look();

    expect(world.spec(reviews)).toBeUndefined();
    expect(world.stored(shift.id).state).not.toHaveProperty('movedAway');
  });

  it('is taken back with labels, spec and history as they were', async () => {
    const world = house();
    const shift = await world.applied('v3', 50);
    const before = world.mesh.wholeOf(reviews);

    const change = await world.done(typed);
    const back = await rolledBack(world, change.id);

    expect(world.mesh.contentOf(reviews)).toEqual(before?.content);
    expect(world.mesh.wholeOf(reviews)?.uid).not.toBe(before?.uid);
    expect(world.mesh.wholeOf(reviews)?.ledger).toMatchObject({
      seq: 3,
      revisions: [{ id: back.id, reverts: change.id }, { id: change.id, does: 'delete all-v1' }, { id: shift.id }],
    });
  });

  it('is what a typed rollback of the service takes back, which is not there to have a history', async () => {
    const world = house();
    await world.done(line);
    const deletion = await world.done('/shift delete all-v1');
    expect(world.spec(reviews)).toBeUndefined();

    expect(await world.typeRollback(undefined, world.asker(), { dryRun: true })).toMatchObject({
      kind: 'preview',
    });
    const asker = world.asker();
    const back = acceptedIn(await world.typeRollback(undefined, asker));
    await world.work();

    expect(world.stored(back.id)).toMatchObject({ reverts: deletion.id, state: { kind: 'applied' } });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v3: 100 }));
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
    expect(await world.typeRollback(undefined, asker)).toMatchObject({ kind: 'accepted', again: true });
  });

  it('that was taken back already is not, when somebody else deletes the service', async () => {
    const world = house();
    const deletion = await world.done('/shift delete all-v1');
    await rolledBack(world, deletion.id);
    world.mesh.editWhole(reviews, () => undefined);

    expect(await world.typeRollback()).toMatchObject({ kind: 'not-found' });
    expect(world.spec(reviews)).toBeUndefined();
  });

  it('tells who made an object anew that it had deleted', async () => {
    const world = house();
    const change = await world.done(typed);
    world.mesh.putWhole(reviews, { spec: routing('reviews', { v2: 100 }) });

    await world.lookAround();

    expect(world.stored(change.id).state).toMatchObject({
      movedAway: { how: 'made-anew', manager: 'kubectl', object: reviews },
    });
  });
});

describe('an edit by somebody else after a change of objects', () => {
  it.each`
    what                | edit                                                                                                                | how
    ${'weights'}        | ${(world: EditsHouse) => world.mesh.editWhole(ratings, () => ({ spec: routing('ratings', { v2: 100 }) }))}          | ${'weights'}
    ${'a pinned rule'}  | ${(world: EditsHouse) => world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v3: 100 }, toJason) }))} | ${'pinned-rules'}
    ${'a whole object'} | ${(world: EditsHouse) => world.mesh.editWhole(ratings, () => undefined)}                                            | ${'object-gone'}
  `('is told on its card: $what', async ({ edit, how }) => {
    const world = house();
    const change = await world.done(line);
    await world.look();
    expect(world.stored(change.id).state).not.toHaveProperty('movedAway');

    edit(world);
    await world.look();

    expect(world.chat.shows(change.id)?.state).toMatchObject({ movedAway: { how } });
  });
});

describe('unpinning a rule', () => {
  const pinned = () =>
    new EditsHouse([
      [
        reviews,
        routing('reviews', { v1: 50, v3: 50 }, toJason, {
          ...toJason,
          name: 'second',
          match: [{ uri: { prefix: '/api' } }],
        }),
      ],
    ]);

  it.each(['end-user=jason', 'end-user = jason', '"end-user = jason"', '#1'])(
    'named %s removes exactly that rule',
    async (rule) => {
      const world = pinned();

      const change = await world.done(`/shift unpin reviews ${rule}`);

      expect(change).toMatchObject({
        aim: { kind: 'unpin', rule: 'end-user = jason' },
        ...moving({ v1: 50, v3: 50 }, { v1: 50, v3: 50 }),
      });
      expect(world.spec(reviews)).toEqual(
        routing('reviews', { v1: 50, v3: 50 }, { ...toJason, name: 'second', match: [{ uri: { prefix: '/api' } }] }),
      );
    },
  );

  it('asks first, and is taken back exactly', async () => {
    const world = pinned();
    const before = world.spec(reviews);

    expect(wayIn(await world.type('/shift unpin reviews second')).plan.edits).toHaveLength(1);
    expect(world.spec(reviews)).toEqual(before);
    const change = await world.done('/shift unpin reviews second');
    await rolledBack(world, change.id);

    expect(world.spec(reviews)).toEqual(before);
  });

  it('lists what there is and what was meant when no rule is called so', async () => {
    expect(await pinned().type('/shift unpin reviews end-user=jasn')).toMatchObject({
      kind: 'no-pinned-rule',
      mistake: {
        kind: 'none',
        nearest: 'end-user=jason',
        pinned: [{ named: 'end-user=jason' }, { named: 'path starts with /api' }],
      },
    });
  });

  it('asks for the place where two rules are alike', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 }, toJason, toJason)]]);

    expect(await world.type('/shift unpin reviews end-user=jason')).toMatchObject({
      mistake: { kind: 'several', pinned: [{ named: '#1' }, { named: '#2' }] },
    });
  });
});

describe('policy about several objects', () => {
  const approval = (rules: string) => policyOf(`groups: { sre: [U02BOB] }\nrules:\n${rules}`);

  it('refuses all where one may not be changed', async () => {
    const world = house();
    world.policies.take(
      approval('  - { target: "*/*/ratings", shift: [sre] }\n  - { target: "**", shift: [everyone] }'),
    );

    const shown = await world.type(line);

    expect(wayIn(shown).judgement.verdict).toMatchObject({ kind: 'refused', denial: { reason: 'not-allowed' } });
    expect(await world.click(line, shown)).toMatchObject({ kind: 'denied' });
    expect(world.spec(reviews)).toEqual(routing('reviews', { v1: 100 }, toJason));
  });

  it('has it wait for the approval that one object needs, for the plan that was shown', async () => {
    const world = house();
    world.policies.take(
      approval(
        '  - { target: "*/*/ratings", shift: [everyone], approve: { by: [sre] } }\n  - { target: "**", shift: [everyone] }',
      ),
    );
    const change = acceptedIn(await world.click(line, await world.type(line)));
    expect(change.state.kind).toBe('awaiting');

    expect(await world.approve(change.id, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await world.work();

    expect(world.stored(change.id).state.kind).toBe('applied');
    expect(world.spec(ratings)).toEqual(routing('ratings', { v1: 100 }));
  });

  it('voids the approval where an object was written since, and plans again from what there is', async () => {
    const world = house();
    world.policies.take(approval('  - { target: "**", shift: [everyone], approve: { by: [sre] } }'));
    const change = acceptedIn(await world.click(line, await world.type(line)));
    world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v2: 100 }, toJason) }));

    expect(await world.approve(change.id, 'U02BOB')).toMatchObject({ kind: 'voided' });
    expect(world.stored(change.id).state).toMatchObject({
      kind: 'void',
      moved: [{ object: reviews, how: 'written', content: { spec: routing('reviews', { v2: 100 }, toJason) } }],
    });
    expect(await world.clickApplyAnyway(change.id)).toMatchObject({
      kind: 'planned-anew',
      change: { state: { kind: 'awaiting' } },
    });
  });

  it.each`
    what                    | happens                                                                  | moved
    ${'was deleted'}        | ${(world: EditsHouse) => world.mesh.editWhole(reviews, () => undefined)} | ${{ object: reviews, how: 'gone' }}
    ${'was made anew'}      | ${(world: EditsHouse) => world.mesh.putWhole(reviews, elsewhere)}        | ${{ object: reviews, how: 'made-anew', content: elsewhere }}
    ${'was created'}        | ${(world: EditsHouse) => world.mesh.putWhole(ratings, elsewhere)}        | ${{ object: ratings, how: 'written', content: elsewhere }}
    ${'has much in it'}     | ${(world: EditsHouse) => world.mesh.editWhole(reviews, () => large)}     | ${{ object: reviews, how: 'written' }}
    ${'got another change'} | ${(world: EditsHouse) => world.applied('v2', 40)}                        | ${{ object: reviews, how: 'changed', by: expect.stringContaining('c-'), content: expect.anything() }}
  `('tells on the void card of an object that $what', async ({ happens, moved }) => {
    const world = house();
    world.policies.take(approval('  - { target: "**", shift: [everyone], approve: { by: [sre], from: 80 } }'));
    const change = acceptedIn(await world.click(line, await world.type(line)));
    await happens(world);

    expect(await world.approve(change.id, 'U02BOB')).toMatchObject({ kind: 'voided' });

    const { state } = world.stored(change.id);
    expect(state.kind === 'void' && state.moved).toMatchObject([moved]);
    expect(state.kind === 'void' && state.moved.map(({ content }) => content !== undefined)).toEqual([
      moved.content !== undefined,
    ]);
  });

  it('shows what the objects are now, where they moved once more before it is planned again', async () => {
    const world = house();
    world.policies.take(approval('  - { target: "**", shift: [everyone], approve: { by: [sre] } }'));
    const change = acceptedIn(await world.click(line, await world.type(line)));
    world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v2: 100 }) }));
    await world.approve(change.id, 'U02BOB');
    world.mesh.editWhole(reviews, () => ({ spec: routing('reviews', { v1: 100 }) }));

    expect(await world.clickApplyAnyway(change.id)).toMatchObject({ kind: 'moved-again' });

    expect(world.stored(change.id).state).toMatchObject({
      kind: 'void',
      moved: [{ how: 'written', content: { spec: routing('reviews', { v1: 100 }) } }],
    });
  });

  it('asks for approval of what it cannot measure: a rule that is unpinned', async () => {
    const world = new EditsHouse([[reviews, routing('reviews', { v1: 100 }, toJason)]]);
    world.policies.take(approval('  - { target: "**", shift: [everyone], approve: { by: [sre], from: 25 } }'));

    const change = acceptedIn(
      await world.click('/shift unpin reviews #1', await world.type('/shift unpin reviews #1')),
    );

    expect(change.state.kind).toBe('awaiting');
  });

  it('refuses what would be approved under two rules', async () => {
    const world = house();
    world.policies.take(
      approval(
        '  - { target: "*/*/ratings", shift: [everyone], approve: { by: [sre] } }\n  - { target: "**", shift: [everyone], approve: { by: [sre] } }',
      ),
    );

    expect(wayIn(await world.type(line)).judgement.verdict).toMatchObject({
      kind: 'refused',
      denial: { reason: 'several-approvals' },
    });
  });

  it('judges an object by the hosts that it takes as well as by those that it had', async () => {
    const world = house();
    world.ruleFiles.write('grab', [manifest('reviews', { ...routing('reviews', { v1: 100 }), hosts: ['payments'] })]);
    world.policies.take(
      approval('  - { target: "*/*/payments", shift: [sre] }\n  - { target: "**", shift: [everyone] }'),
    );

    expect(wayIn(await world.type('/shift apply grab')).judgement.verdict).toMatchObject({ kind: 'refused' });
  });

  it.each`
    what                               | named        | hosts
    ${'beside one of his own'}         | ${'reviews'} | ${['reviews', 'payments']}
    ${'under a name of his own'}       | ${'reviews'} | ${['payments']}
    ${'of another namespace'}          | ${'reviews'} | ${['reviews', 'till.bank.svc.cluster.local']}
    ${'of all of another namespace'}   | ${'reviews'} | ${['reviews', '*.bank.svc.cluster.local']}
    ${'that no rule is about, abroad'} | ${'reviews'} | ${['reviews', 'till.nowhere.svc.cluster.local']}
  `('lets nobody take a host $what, whatever rule comes first', async ({ named, hosts }) => {
    const world = house();
    world.ruleFiles.write('grab', [manifest(named, { ...routing('reviews', { v1: 100 }), hosts })]);
    world.policies.take(
      approval(`  - { target: "*/*/reviews", shift: [everyone] }
  - { target: "*/bank/till", shift: [sre] }
  - { target: "*/bank/*", shift: [everyone] }
  - { target: "*/default/*", shift: [sre] }`),
    );

    expect(wayIn(await world.type('/shift apply grab')).judgement.verdict).toMatchObject({ kind: 'refused' });
  });

  it.each`
    what                             | file                                                                                                        | verdict
    ${'rules above the others'}      | ${manifest('reviews', routing('reviews', { v1: 100 }, { ...toJason, match: [{ uri: { prefix: '/p' } }] }))} | ${'refused'}
    ${'versions that become others'} | ${ruleOf('reviews', { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v3' } }] })}             | ${'refused'}
    ${'versions that are added'}     | ${ruleOf('reviews', versions('reviews', 'v1', 'v2'))}                                                       | ${'allowed'}
  `('bounds the steps of what nobody measures and nobody approves: $what', async ({ file, verdict }) => {
    const world = new EditsHouse([
      [reviews, routing('reviews', { v1: 100 })],
      [destination('reviews'), versions('reviews', 'v1')],
    ]);
    world.ruleFiles.write('all', [file]);
    world.policies.take(approval('  - { target: "**", shift: [everyone], maxStep: 25 }'));
    expect(wayIn(await world.type('/shift apply all')).judgement.verdict.kind).toBe(verdict);

    world.policies.take(approval('  - { target: "**", shift: [everyone], maxStep: 25, approve: { by: [sre] } }'));
    expect(wayIn(await world.type('/shift apply all')).judgement.verdict.kind).toBe('needs-approval');
  });

  it.each(['*.local', '*.svc.cluster.local'])('lets nobody take all services at once who may not: %s', async (host) => {
    const world = house();
    world.ruleFiles.write('grab', [manifest('reviews', { ...routing('reviews', { v1: 100 }), hosts: [host] })]);
    world.policies.take(
      approval('  - { target: "*/default/*", shift: [everyone] }\n  - { target: "*/bank/*", shift: [sre] }'),
    );

    expect(wayIn(await world.type('/shift apply grab')).judgement.verdict).toMatchObject({ kind: 'refused' });
  });

  it('asks those for approval whose rule has one, among the rules about the hosts of one object', async () => {
    const world = house();
    const hosts = ['reviews', 'payments'];
    world.ruleFiles.write('both', [manifest('reviews', { ...routing('reviews', { v1: 100 }), hosts })]);
    world.policies.take(
      approval(`  - { target: "*/*/reviews", shift: [everyone] }
  - { target: "*/*/payments", shift: [everyone], approve: { by: [sre] } }`),
    );
    const change = acceptedIn(await world.click('/shift apply both', await world.type('/shift apply both')));

    expect(await world.approve(change.id, 'U02BOB')).toMatchObject({ kind: 'approved', missing: 0 });
    await world.work();

    expect(world.stored(change.id).state.kind).toBe('applied');
  });
});
