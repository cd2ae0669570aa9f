import { describe, expect, it } from 'vitest';
import type { Match } from '../../../../src/domain/map/objects.ts';
import { merged } from '../../../../src/domain/map/rules/delegate.ts';
import { to } from '../objects.ts';

const exact = (value: string) => ({ by: 'exact', value }) as const;
const prefix = (value: string) => ({ by: 'prefix', value }) as const;
const regex = (value: string) => ({ by: 'regex', value }) as const;

function both(root: Match, delegate: Match): readonly Match[] | undefined {
  return merged(to({ v1: 100 }, [root]), to({ v2: 100 }, [delegate]))?.matches;
}

describe('a rule of a delegate', () => {
  it.each`
    root                                        | delegate                                       | why
    ${{ uri: prefix('/x') }}                    | ${{ uri: prefix('/z') }}                       | ${'its path is another one'}
    ${{ uri: exact('/x') }}                     | ${{ uri: prefix('/x') }}                       | ${'its path is wider'}
    ${{ uri: prefix('/x') }}                    | ${{ uri: regex('/x/.*') }}                     | ${'its path is a regex'}
    ${{ uri: prefix('/x') }}                    | ${{ uri: exact('/x/y'), ignoreUriCase: true }} | ${'its path may be in capitals'}
    ${{ headers: { user: exact('a') } }}        | ${{ headers: { user: exact('b') } }}           | ${'its header has another value'}
    ${{ withoutHeaders: { user: exact('a') } }} | ${{ withoutHeaders: { user: exact('b') } }}    | ${'it lacks another header'}
    ${{ queryParams: { q: exact('1') } }}       | ${{ queryParams: { q: exact('2') } }}          | ${'its query has another value'}
    ${{ port: 80 }}                             | ${{ port: 9080 }}                              | ${'its port is another one'}
  `('conflicts with its root where $why', ({ root, delegate }) => {
    expect(both(root, delegate)).toBeUndefined();
  });

  it.each`
    root                     | delegate                             | matches
    ${{ uri: prefix('/x') }} | ${{ uri: exact('/x/y') }}            | ${{ uri: exact('/x/y') }}
    ${{ uri: prefix('/x') }} | ${{ headers: { user: exact('a') } }} | ${{ uri: prefix('/x'), headers: { user: exact('a') } }}
    ${{ port: 80 }}          | ${{ method: exact('GET') }}          | ${{ port: 80, method: exact('GET') }}
  `('has what both ask for: $root and $delegate', ({ root, delegate, matches }) => {
    expect(both(root, delegate)).toMatchObject([matches]);
  });

  it('is named after both', () => {
    const named = merged({ ...to({ v1: 1 }), name: 'root' }, { ...to({ v2: 1 }), name: 'delegate' });

    expect(named?.name).toBe('root-delegate');
  });
});
