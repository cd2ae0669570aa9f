import type { Edits } from '../../../src/domain/change/edit.ts';
import type { Plan } from '../../../src/workflow/asking/plan.ts';
import type { Trial } from '../../../src/workflow/asking/plan-content.ts';
import type { OpenObject } from '../../../src/workflow/ports/mesh.ts';
import { changeId } from '../../support/builders.ts';

const unread: OpenObject = {
  live: undefined,
  write: () => Promise.reject(new Error('what is told of a plan writes nothing')),
};

/** A plan of some edits, which the API server would take unless a trial says otherwise. */
export function planOf(
  edits: Edits,
  { trials = [], ...overrides }: Partial<Plan> & { readonly trials?: readonly Trial[] } = {},
): Plan {
  const planned = (edit: Edits[0], at: number) => ({
    edit,
    trial: trials[at] ?? { kind: 'fine' as const, warnings: [] },
    open: unread,
  });
  const [first, ...more] = edits;
  return {
    aim: { kind: 'split' },
    service: 'reviews',
    edits: [planned(first, 0), ...more.map((edit, at) => planned(edit, at + 1))],
    warnings: [],
    stamp: changeId(7),
    lines: { versions: new Map(), waiting: [], ramps: [] },
    ...overrides,
  };
}
