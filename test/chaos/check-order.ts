import { type Change, goesAhead } from '../../src/domain/change/change.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import { objectKey, refText } from '../../src/domain/routing/object.ts';
import type { Effect } from './effects.ts';
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';

/** As much of a write as tells its place. */
type Placed = Pick<Effect, 'id' | 'object' | 'version'>;

/**
 * What was accepted first on an object is applied first on it, whichever other objects either has: nobody writes an object of a change
 * that was accepted before and has not ended. Only a rollback goes ahead.
 */
export function checkOrder(effects: readonly Placed[], { records }: Pick<Evidence, 'records'>, report: Report): void {
  const byId = Map.groupBy(effects, ({ id }) => id);
  const byObject = Map.groupBy(effects, ({ object }) => objectKey(object));
  for (const change of records.values()) {
    const onItsObjects = change.edits.flatMap(({ object }) => byObject.get(objectKey(object)) ?? []);
    const endedAt = lastVersion(change, byId.get(change.id) ?? [], onItsObjects);
    const early = onItsObjects.filter(({ id, version }) => {
      const other = records.get(id);
      return version <= endedAt && other !== undefined && mustFollow(other, change);
    });
    for (const [id, all] of Map.groupBy(early, (effect) => effect.id)) tell(change, id, all, report);
  }
}

function tell(change: Change, id: ChangeId, early: readonly Placed[], report: Report): void {
  const where = early.map(({ object }) => refText(object)).join(', ');
  report.violation('I1', `${change.id} was accepted before ${id}, which came first on ${where}`, { change, early });
}

/** The clocks of two processes differ, so the order of the changes of one ramp is checked by what it has stored. */
function mustFollow(later: Change, { id, acceptedAt, ramp }: Change): boolean {
  if (ramp !== undefined && later.ramp?.id === ramp.id) return false;
  return later.id !== id && !goesAhead(later) && Date.parse(later.acceptedAt) > Date.parse(acceptedAt);
}

/** How far the API server had counted when a change was still in line: until its last write, or that of the change that superseded it. */
function lastVersion({ state }: Change, own: readonly Placed[], onItsObjects: readonly Placed[]): number {
  const by = state.kind === 'superseded' ? state.by : undefined;
  const last = [...own, ...onItsObjects.filter(({ id }) => id === by)];
  return Math.max(Number.NEGATIVE_INFINITY, ...last.map(({ version }) => version));
}
