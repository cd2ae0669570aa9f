import type { Base, Change, State } from '../../domain/change/change.ts';
import { planStands } from '../../domain/change/stands.ts';
import { editsObjects, lastWriterOf, liveStamp, movedIn, openEdits } from '../asking/open-edits.ts';
import { type Named, ofEdits } from '../judging/judge-live.ts';
import { voidOf, type WhyVoid } from '../judging/void.ts';
import type { Mesh } from '../ports/mesh.ts';

type Voided = Extract<State, { kind: 'void' }>;

/** What a plan stands on: its object, or all of them, as they are now. */
export interface Footing {
  readonly route: Named;
  /** What it would be applied to, where the plan that people were shown still holds behind these. */
  base(before: readonly Change[]): Base | undefined;
  /** Its end, with what is there instead. */
  voided(why: WhyVoid): Voided;
}

interface Looking {
  readonly mesh: Pick<Mesh, 'open' | 'read'>;
  readonly now: () => Date;
}

/** Undefined where the object is gone. */
export async function footingOf(looking: Looking, change: Change): Promise<Footing | undefined> {
  if (editsObjects(change)) return footingOfEdits(looking, change);
  const route = (await looking.mesh.read(change.object))?.route;
  return (
    route && {
      route,
      base: (before) => planStands(change, route, before),
      voided: (why) => voidOf(looking, route, change, why),
    }
  );
}

async function footingOfEdits({ mesh, now }: Looking, change: Parameters<typeof openEdits>[1]): Promise<Footing> {
  const opened = await openEdits(mesh, change);
  const other = opened.find(({ decision }) => decision.kind !== 'write');
  const lastWriter = lastWriterOf(other?.open?.seen);
  return {
    route: ofEdits(change),
    base: (before) => (other === undefined && before.length === 0 ? change.base : undefined),
    voided: (why) => {
      const moved = why.because === 'moved' ? { moved: movedIn(opened) } : {};
      return { kind: 'void', at: now().toISOString(), lastWriter, stamp: liveStamp(opened), ...moved, ...why };
    },
  };
}
