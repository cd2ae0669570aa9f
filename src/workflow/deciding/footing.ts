import type { Change } from '../../domain/change/change.ts';
import { stillPlanned } from '../../domain/change/decide.ts';
import type { Edits, ObjectEdit } from '../../domain/change/edit.ts';
import type { StateOf } from '../../domain/change/state.ts';
import { movedSince, type OpenEdit, openEdits } from '../applying/open.ts';
import { stampIn } from '../applying/walk.ts';
import type { WhyVoid } from '../judging/void.ts';
import type { Mesh } from '../ports/mesh.ts';

/** The objects of a plan, as they are now. */
export interface Footing {
  readonly opened: readonly OpenEdit[];
  /** The edits as they would be applied after the changes `before`; undefined if the plan that people were shown no longer holds. */
  edits(before: readonly Change[]): Edits | undefined;
  /** The void state of the change, with what is there instead. */
  voided(why: WhyVoid): StateOf<'void'>;
}

interface Looking {
  readonly mesh: Pick<Mesh, 'open'>;
  readonly now: () => Date;
}

/** Throws a LedgerUnreadableError if weights are to be moved on an object whose history cannot be read: nothing is decided about it. */
export async function footingOf({ mesh, now }: Looking, change: Change): Promise<Footing> {
  const opened = await openEdits(mesh, change);
  const unreadable = opened.find((each) => each.edit.kind === 'weights' && each.unreadable !== undefined)?.unreadable;
  if (unreadable !== undefined) throw unreadable;
  return {
    opened,
    edits: (before) => allPlanned(opened, before),
    voided: (why) => ({
      kind: 'void',
      at: now().toISOString(),
      moved: why.because === 'moved' ? movedSince(opened) : [],
      stamp: stampIn(opened),
      ...why,
    }),
  };
}

function allPlanned(opened: readonly OpenEdit[], before: readonly Change[]): Edits | undefined {
  const planned = opened.map(({ edit, open }): ObjectEdit | undefined => open && stillPlanned(edit, open.live, before));
  const [first, ...more] = planned.filter((edit) => edit !== undefined);
  return first === undefined || more.length + 1 < planned.length ? undefined : [first, ...more];
}
