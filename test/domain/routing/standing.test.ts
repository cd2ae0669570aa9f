import { describe, expect, it } from 'vitest';
import { type Condition, effectOf } from '../../../src/domain/routing/standing.ts';

const needs = ['Accepted', 'ResolvedRefs'];
const said = (type: string, isTrue: boolean, generation: number, reason = 'Because'): Condition => ({
  type,
  isTrue,
  reason,
  message: '',
  generation,
});
const parent = (name: string, ...conditions: readonly Condition[]) => ({ parent: name, controller: 'c', conditions });
const mesh = parent('Service reviews', said('Accepted', true, 3), said('ResolvedRefs', true, 3));

describe('what controllers say of a route', () => {
  it.each`
    what                                        | parents                                                                                                      | effect
    ${'all have taken it'}                      | ${[mesh]}                                                                                                    | ${{ kind: 'in-effect', parents: ['Service reviews'] }}
    ${'nobody has said anything'}               | ${[]}                                                                                                        | ${{ kind: 'waits', parents: [] }}
    ${'one has spoken of an older state'}       | ${[mesh, parent('Gateway edge', said('Accepted', true, 2), said('ResolvedRefs', true, 2))]}                  | ${{ kind: 'waits', parents: ['Gateway edge'] }}
    ${'one has not said all'}                   | ${[parent('Gateway edge', said('Accepted', true, 3))]}                                                       | ${{ kind: 'waits', parents: ['Gateway edge'] }}
    ${'one refuses it'}                         | ${[mesh, parent('Gateway edge', said('Accepted', false, 3, 'NotAllowedByListeners'))]}                       | ${{ kind: 'refused', parent: 'Gateway edge', because: { reason: 'NotAllowedByListeners' } }}
    ${'a backend is not there'}                 | ${[parent('Service reviews', said('Accepted', true, 3), said('ResolvedRefs', false, 3, 'BackendNotFound'))]} | ${{ kind: 'refused', parent: 'Service reviews', because: { reason: 'BackendNotFound' } }}
    ${'a refusal is of an older state'}         | ${[parent('Service reviews', said('Accepted', false, 2))]}                                                   | ${{ kind: 'waits', parents: ['Service reviews'] }}
    ${'other conditions are of no consequence'} | ${[{ ...mesh, conditions: [...mesh.conditions, said('PartiallyInvalid', false, 3)] }]}                       | ${{ kind: 'in-effect' }}
  `('where $what', ({ parents, effect }) => {
    expect(effectOf({ generation: 3, needs, parents })).toMatchObject(effect);
  });

  it('is the last word where controllers do not name a generation', () => {
    const synced = parent('Consul', { type: 'Synced', isTrue: true, reason: '', message: '' });

    expect(effectOf({ needs: ['Synced'], parents: [synced] })).toEqual({ kind: 'in-effect', parents: ['Consul'] });
  });

  it('is nothing for kinds that have no such status', () => {
    expect(effectOf(undefined)).toBeUndefined();
  });
});
