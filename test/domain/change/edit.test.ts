import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentToWrite,
  decideEdit,
  hostsOf,
  inOrder,
  isAsLeft,
  isSameContent,
  isUntouched,
  merged,
  type ObjectContent,
  type ObjectEdit,
  type SeenObject,
  takenBack,
} from '../../../src/domain/change/edit.ts';
import { emptyLedger, type Ledger } from '../../../src/domain/routing/ledger.ts';
import type { RuleKind } from '../../../src/domain/routing/rule-file.ts';
import { changeId, revision } from '../../support/builders.ts';

const [was, is, other] = [{ spec: { hosts: ['a'] } }, { spec: { hosts: ['b'] } }, { spec: { hosts: ['c'] } }];
const id = changeId(1);

const marks = fc.option(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'toString'), fc.constantFrom('1', '2')), {
  nil: undefined,
});
const aContent: fc.Arbitrary<ObjectContent> = fc
  .record({ labels: marks, annotations: marks, spec: fc.constantFrom(was.spec, is.spec, other.spec) })
  .map(({ labels, annotations, spec }) => merged({ labels, annotations, spec }, { spec }));

function edit(overrides: Partial<ObjectEdit> = {}): ObjectEdit {
  const named = { kind: 'VirtualService', namespace: 'default', name: 'reviews' } as const;
  return { ...named, uid: 'u', seq: 1, before: was, after: is, from: {}, to: {}, pinned: [], ...overrides };
}

function seen(content: ObjectContent, overrides: Partial<SeenObject> = {}): SeenObject {
  return { uid: 'u', content, ledger: { seq: 1, revisions: [] }, ...overrides };
}

const withOurs: Ledger = { seq: 2, revisions: [revision({ id })] };
const created = edit({ uid: undefined, seq: 0, before: undefined });
const deleted = edit({ after: undefined });

describe('what is to be done about an object', () => {
  it.each<[string, ObjectEdit, SeenObject | undefined, object]>([
    ['is as it was planned', edit(), seen(was), { kind: 'write' }],
    ['has our change already', edit(), seen(other, { ledger: withOurs }), { kind: 'done' }],
    ['was given the same by hand', edit(), seen(is), { kind: 'write' }],
    ['was written by somebody else', edit(), seen(other), { kind: 'held', because: 'moved' }],
    ['was made anew', edit(), seen(was, { uid: 'v' }), { kind: 'held', because: 'recreated' }],
    ['has lost its history', edit(), seen(was, { ledger: emptyLedger }), { kind: 'held', because: 'ledger-lost' }],
    [
      'was changed by us since',
      edit(),
      seen(was, { ledger: { seq: 2, revisions: [revision({ id: changeId(2) })] } }),
      { kind: 'superseded', by: changeId(2) },
    ],
    ['is gone', edit(), undefined, { kind: 'gone' }],
    ['is still to be made', created, undefined, { kind: 'write' }],
    ['was made by us', created, seen(is, { ledger: withOurs }), { kind: 'done' }],
    [
      'was made by somebody else, though the same',
      created,
      seen(is, { ledger: emptyLedger }),
      { kind: 'held', because: 'moved' },
    ],
    ['is still to be deleted', deleted, seen(was), { kind: 'write' }],
    ['is deleted', deleted, undefined, { kind: 'done' }],
    ['is being deleted, and waits for finalizers', deleted, seen(was, { isGoing: true }), { kind: 'done' }],
    ['was written before it was deleted', deleted, seen(other), { kind: 'held', because: 'moved' }],
    [
      'was labelled before it was deleted',
      deleted,
      seen({ ...was, labels: { a: '1' } }),
      { kind: 'held', because: 'moved' },
    ],
    ['was made anew after it was deleted', deleted, seen(was, { uid: 'v' }), { kind: 'held', because: 'recreated' }],
  ])('that %s', (_, planned, live, decision) => {
    expect(decideEdit(id, planned, live)).toEqual(decision);
  });

  it('is nothing of ours where somebody else has labelled it otherwise', () => {
    const live = seen({ ...was, labels: { team: 'theirs' }, annotations: { note: 'theirs' } });

    expect(decideEdit(id, edit({ after: { ...is, labels: { tier: 'ours' } } }), live)).toEqual({ kind: 'write' });
    expect(decideEdit(id, edit({ after: { ...is, labels: { team: 'ours' } } }), live)).toMatchObject({ kind: 'held' });
  });
});

describe('an edit and what takes it back', () => {
  it('restore what was there', () => {
    fc.assert(
      fc.property(aContent, aContent, (before, after) => {
        const done = contentToWrite(edit({ before, after }), before);

        expect(isSameContent(done, after)).toBe(true);
        expect(isAsLeft({ before, after }, done)).toBe(true);
        expect(isSameContent(takenBack({ before, after }, done), before)).toBe(true);
      }),
    );
  });

  it('leave labels and annotations alone that others set meanwhile', () => {
    fc.assert(
      fc.property(aContent, aContent, marks, (before, after, theirs = {}) => {
        const others = Object.fromEntries(Object.entries(theirs).map(([key, value]) => [`their/${key}`, value]));
        const live = merged(before, { labels: others, spec: before.spec });
        const done = contentToWrite(edit({ before, after }), live);

        expect(isUntouched({ before, after }, live)).toBe(true);
        expect(done?.labels ?? {}).toMatchObject(others);
        expect(isSameContent(takenBack({ before, after }, done), live)).toBe(true);
      }),
    );
  });

  it('of a creation is a deletion, and the other way round', () => {
    expect(takenBack({ after: is }, is)).toBeUndefined();
    expect(takenBack({ before: was }, undefined)).toEqual(was);
  });

  it('are known when somebody has written over them', () => {
    expect(isAsLeft({ before: was, after: is }, other)).toBe(false);
    expect(isAsLeft({ before: was, after: is }, undefined)).toBe(false);
    expect(isAsLeft({ before: was }, other)).toBe(false);
    expect(isAsLeft({ before: was }, undefined)).toBe(true);
  });
});

describe('the order of edits', () => {
  const rule = (name: string, before?: readonly string[], after?: readonly string[]) =>
    ofKind('DestinationRule', name, before, after);
  const service = (name: string, before?: readonly string[], after?: readonly string[]) =>
    ofKind('VirtualService', name, before, after);

  it.each([
    ['makes versions before who uses them', [service('a', undefined, ['a']), rule('b', undefined, ['v1'])], ['b', 'a']],
    ['deletes who uses versions before them', [rule('b', ['v1']), service('a', ['a'])], ['a', 'b']],
    [
      'takes a version away after who used it',
      [rule('b', ['v1', 'v2'], ['v1']), service('a', ['a'], ['b'])],
      ['a', 'b'],
    ],
    ['replaces before it deletes', [service('a', ['a']), service('c', ['a'], ['b'])], ['c', 'a']],
  ])('%s', (_, edits, order) => {
    expect(inOrder(edits).map(({ name }) => name)).toEqual(order);
  });

  function ofKind(kind: RuleKind, name: string, before?: readonly string[], after?: readonly string[]) {
    const content = (names: readonly string[]) => ({ spec: { subsets: names.map((each) => ({ name: each })) } });
    return { kind, name, ...(before && { before: content(before) }), ...(after && { after: content(after) }) };
  }
});

it('an edit is about every host that it names, before and after', () => {
  expect(hostsOf({ kind: 'VirtualService', before: was, after: is })).toEqual(['a', 'b']);
  expect(hostsOf({ kind: 'DestinationRule', after: { spec: { host: 'reviews', hosts: ['no'] } } })).toEqual([
    'reviews',
  ]);
  expect(hostsOf({ kind: 'VirtualService', before: { spec: { hosts: 'x' } } })).toEqual(['x']);
});
