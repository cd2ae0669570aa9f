import { describe, expect, it } from 'vitest';
import { type Edits, hostsOf, inOrder, splittersOf } from '../../../src/domain/change/edit.ts';
import type { ObjectKind } from '../../../src/domain/routing/object.ts';
import { contentEdit, reviewsObject, weightsEdit } from '../../support/builders.ts';

const [was, is] = [{ spec: { hosts: ['a'] } }, { spec: { hosts: ['b'] } }];

describe('the order of edits', () => {
  const rule = (name: string, before?: readonly string[], after?: readonly string[]) =>
    ofKind('DestinationRule', name, before, after);
  const service = (name: string, before?: readonly string[], after?: readonly string[]) =>
    ofKind('VirtualService', name, before, after);

  it.each<[string, Edits, readonly string[]]>([
    ['makes versions before who uses them', [service('a', undefined, ['a']), rule('b', undefined, ['v1'])], ['b', 'a']],
    ['deletes who uses versions before them', [rule('b', ['v1']), service('a', ['a'])], ['a', 'b']],
    [
      'takes a version away after who used it',
      [rule('b', ['v1', 'v2'], ['v1']), service('a', ['a'], ['b'])],
      ['a', 'b'],
    ],
    ['replaces before it deletes', [service('a', ['a']), service('c', ['a'], ['b'])], ['c', 'a']],
  ])('%s', (_, edits, order) => {
    expect(inOrder(edits).map(({ object }) => object.name)).toEqual(order);
  });

  function ofKind(kind: ObjectKind, name: string, before?: readonly string[], after?: readonly string[]) {
    const content = (names: readonly string[]) => ({ spec: { subsets: names.map((each) => ({ name: each })) } });
    const object = { ...reviewsObject, kind, name };
    return contentEdit({ object, ...(before && { before: content(before) }), ...(after && { after: content(after) }) });
  }
});

it('an edit is about every host that it names, before and after', () => {
  expect(hostsOf({ object: reviewsObject, before: was, after: is })).toEqual(['a', 'b']);
  expect(
    hostsOf({
      object: { ...reviewsObject, kind: 'DestinationRule' },
      after: { spec: { host: 'reviews', hosts: ['no'] } },
    }),
  ).toEqual(['reviews']);
  expect(hostsOf({ object: reviewsObject, before: { spec: { hosts: 'x' } } })).toEqual(['x']);
});

it('what splits traffic when it is done has a split then', () => {
  const created = contentEdit({ object: reviewsObject, after: is, to: { v1: 100 } });
  const deleted = contentEdit({ object: reviewsObject, before: was, from: { v1: 100 } });
  const without = contentEdit({ object: reviewsObject, after: is });

  expect(splittersOf([weightsEdit(), created, deleted, without])).toEqual([weightsEdit(), created]);
});
