import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/domain/change/change.ts';
import { emptyLedger } from '../../src/domain/routing/ledger.ts';
import { applied, changeId, weightsEdit } from '../support/builders.ts';
import {
  asRead,
  at,
  change,
  created,
  deleted,
  event,
  isDeleted,
  isMade,
  isReplaced,
  live,
  numbered,
  planned,
  type Run,
  recorded,
  replaced,
  routing,
  run,
  stopped,
  untouched,
  was,
} from './objects-run.ts';

describe('the checker of a change of several objects', () => {
  it('finds nothing if each object is as the plan says', () => {
    expect(run()).toEqual([]);
  });

  it('finds nothing if only a part was written and the card says so', () => {
    expect(run({ ...untouched, made: [isMade], as: stopped(created) })).toEqual([]);
  });

  it('allows labels of others, and that somebody undoes the change', () => {
    const theirs = { ...replaced.before, labels: { ...replaced.before?.labels, mine: 'yes' }, spec: routing(1) };
    const after = { ...replaced.after, labels: { ...replaced.after?.labels, mine: 'yes' }, spec: routing(2) };
    const events = [was(replaced), event('MODIFIED', live(replaced, theirs, '7'))];

    expect(
      run({
        made: [isMade, event('DELETED', isMade.object)],
        replaced: [...events, event('MODIFIED', live(replaced, after, '8', recorded(replaced)))],
        foreign: ['sandbox 7', isMade.object.metadata.uid],
      }),
    ).toEqual([]);
  });

  it('accepts an object that was already deleted', () => {
    expect(run({ deleted: [was(deleted), isDeleted], foreign: ['uid-ratings'] })).toEqual([]);
  });

  it('takes what another change has deleted for done', () => {
    const other: Change = {
      ...change,
      id: changeId(2),
      edits: [deleted],
      state: applied({}, [deleted]),
      deed: 'rollback',
    };
    const events = [was(deleted), isDeleted];

    expect(run({ deleted: events, and: [other] })).toEqual([]);
    expect(run({ deleted: events.slice(0, 1), and: [other] })).toContain(
      'I4 c-00000002 is applied but never wrote VirtualService default/ratings',
    );
  });

  it('expects a recreated object to continue its history', () => {
    const old = asRead(recorded(created, emptyLedger, { ...change, id: changeId(8) }));
    const anew = { ...created, ledger: old };
    const as = planned(anew, replaced, deleted);
    const made = event('ADDED', live(created, { spec: { host: 'reviews' } }, '2', recorded(created, old)));

    expect(run({ made: [made], as: numbered(as, 2) })).toEqual([]);
    expect(run({ made: [isMade], as })).toContain('I1 c-00000001 took seq from 1 to 1');
  });

  it.each<[string, string, Run]>([
    [
      'an object created twice',
      'I1 c-00000001 took effect 2 times on DestinationRule default/reviews',
      { made: [isMade, event('DELETED', isMade.object), isMade], foreign: [isMade.object.metadata.uid] },
    ],
    [
      'a write over the edit of somebody else',
      'I2 c-00000001 overwrote edits of others in VirtualService default/reviews: spec,tier',
      {
        replaced: [
          was(replaced),
          event('MODIFIED', live(replaced, { labels: { team: 'books', tier: 'theirs' }, spec: routing(9) }, '7')),
          event('MODIFIED', live(replaced, replaced.after ?? { spec: {} }, '8', recorded(replaced))),
        ],
        foreign: ['sandbox 7'],
      },
    ],
    [
      'a deletion of an object that somebody else labelled',
      'I2 c-00000001 overwrote edits of others in VirtualService default/ratings: mine',
      {
        deleted: [
          was(deleted),
          event('MODIFIED', live(deleted, { labels: { mine: 'yes' }, spec: routing(3) }, '7')),
          isDeleted,
        ],
        foreign: ['sandbox 7'],
      },
    ],
    [
      'content that the plan does not have',
      'I1 c-00000001 wrote to VirtualService default/reviews what its plan does not have: spec,team,mine',
      {
        replaced: [
          was(replaced),
          event(
            'MODIFIED',
            live(replaced, { labels: { tier: 'front', mine: 'yes' }, spec: routing(4) }, '3', recorded(replaced)),
          ),
        ],
      },
    ],
    [
      'an object that the plan does not have',
      'I1 c-00000001 wrote an object that its plan does not have: VirtualService default/reviews',
      { as: planned(created, deleted) },
    ],
    [
      'an object created instead of replaced',
      'I2 c-00000001 should replace VirtualService default/reviews, but did create it',
      {
        replaced: [was(replaced), event('DELETED', was(replaced).object), { ...isReplaced, type: 'ADDED' }],
        foreign: ['uid-reviews'],
      },
    ],
    [
      'an object other than the one that was planned on',
      'I2 c-00000001 was planned on another VirtualService default/reviews than the one it overwrote',
      { as: planned(created, { ...replaced, uid: 'uid-other' }, deleted) },
    ],
    [
      'a deletion without a request',
      'I2 ratings was DELETED, but no change should do that',
      { as: planned(created, replaced) },
    ],
    [
      'a creation without a record on the object',
      'I4 c-00000001 is applied but never wrote DestinationRule default/reviews',
      { made: [event('ADDED', live(created, { spec: { host: 'reviews' } }, '2'))] },
    ],
    [
      'a record of another change',
      'I1 c-00000001 recorded on VirtualService default/reviews what was not accepted',
      { as: { ...change, reason: 'another' } },
    ],
    [
      'an object reported as written that never was',
      'I4 c-00000001 is applied but never wrote VirtualService default/ratings',
      { deleted: [was(deleted)] },
    ],
    [
      'an object written but not reported',
      'I1 c-00000001 is failed but wrote VirtualService default/reviews',
      { deleted: [was(deleted)], as: stopped(created) },
    ],
    [
      'a change reported without effect that wrote something',
      'I1 c-00000001 is held but wrote DestinationRule default/reviews',
      {
        ...untouched,
        made: [isMade],
        as: { ...change, state: { kind: 'held', at, because: 'moved', found: [], stamp: '' } },
      },
    ],
    [
      'a wrong number',
      'I3 c-00000001 says that it is number 5 of DestinationRule default/reviews, but it is 1',
      { as: numbered(change, 5) },
    ],
    [
      'a shift that creates',
      'I2 c-00000001 is a shift, but an object was ADDED',
      { as: planned(weightsEdit({ object: created.object }), replaced, deleted) },
    ],
    [
      'objects told that are not those of the plan',
      'I3 c-00000001 tells of other objects than it edits',
      { as: { ...change, state: applied({}, [replaced, created, deleted]) } },
    ],
    [
      'a write at another number than it was planned at',
      'I2 c-00000001 was planned on number 3 of VirtualService default/reviews but written after 0',
      { as: planned(created, { ...replaced, seq: 3 }, deleted) },
    ],
  ])('finds %s', (_, violation, otherwise) => {
    expect(run(otherwise)).toContain(violation);
  });
});
