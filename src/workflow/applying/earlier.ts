import { isDeepStrictEqual } from 'node:util';
import { type Change, effectOf, moveTo } from '../../domain/change/change.ts';
import { type ContentEdit, findMove, type ObjectEdit } from '../../domain/change/edit.ts';
import { type Applied, noLongerSeen, type State, type StateOf } from '../../domain/change/state.ts';
import { type Ledger, moveIn, movesIn } from '../../domain/routing/ledger.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { hasRules, type ObjectContent } from '../../domain/routing/object.ts';
import { defaultRule, findRule } from '../../domain/routing/route.ts';
import { sameShares } from '../../domain/routing/split.ts';
import { type Happened, moveOn } from '../audit.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { Mesh } from '../ports/mesh.ts';
import type { Bench } from './bench.ts';

/**
 * Updates the cards of earlier changes that no longer say what is live: of each rule that this change moved, the change before it; and the
 * change that this one takes back.
 */
export async function tellEarlier(
  bench: Bench,
  change: Change,
  ledgers: ReadonlyMap<ObjectEdit, Ledger>,
): Promise<void> {
  try {
    const before = new Set([...ledgers].flatMap(([edit, ledger]) => previousOn(bench, change.id, edit, ledger)));
    for (const previous of before) if (previous !== change.reverts) await mark(bench, previous, { later: change.id });
    if (change.reverts !== undefined)
      await mark(bench, change.reverts, { rolledBack: { by: change.by, change: change.id } }, rolledBackBy(change));
  } catch (err) {
    if (err instanceof StoreUnavailableError) throw err;
    bench.log.warn({ changeId: change.id, err }, 'the cards of earlier changes were not updated');
  }
}

/** For each rule that we set, the newest change before ours. */
function previousOn(
  { mesh }: Pick<Bench, 'mesh'>,
  id: ChangeId,
  edit: ObjectEdit,
  { revisions }: Ledger,
): readonly ChangeId[] {
  const older = revisions.slice(revisions.findIndex((revision) => revision.id === id) + 1); // all of them if ours is not there yet
  const isSet = edit.kind === 'content' ? setBy(mesh, edit) : (rule: string) => findMove(edit, rule) !== undefined;
  const rules = new Set(older.flatMap((revision) => movesIn(revision).map(({ rule }) => rule)));
  return [...rules].filter(isSet).flatMap((rule) => older.find((each) => moveIn(each, rule) !== undefined)?.id ?? []);
}

/**
 * The rules that a content edit set: the default rule, and each rule whose split it changed, added or removed. A rule that it left alone
 * still is as an earlier change made it.
 */
function setBy(mesh: Pick<Mesh, 'picture'>, { object, before, after }: ContentEdit): (rule: string) => boolean {
  const rulesOf = (content: ObjectContent | undefined) =>
    content === undefined || !hasRules(object.kind) ? [] : mesh.picture(object, content).rules;
  const [were, are] = [rulesOf(before), rulesOf(after)];
  return (rule) => {
    const [was, is] = [were, are].map((rules) => findRule({ rules }, rule)?.split);
    return rule === defaultRule || was === undefined || is === undefined || !sameShares(was, is);
  };
}

function rolledBackBy({ by, team, id }: Change): Happened {
  return { kind: 'rolled-back', by: { user: by, team }, other: id };
}

type CardMarks = Pick<Applied, 'later' | 'rolledBack'>;

/** Only a rollback gets an audit event. That a later change came is nobody's decision about this one. */
async function mark(bench: Bench, id: ChangeId, marks: CardMarks, happened?: Happened): Promise<void> {
  for (;;) {
    const earlier = await bench.changes.read(id);
    const state = earlier && markable(earlier, marks);
    if (earlier === undefined || state === undefined || isDeepStrictEqual({ ...state, ...marks }, state)) return;
    const next = moveTo(earlier, marked(state, marks));
    const isMarked = happened === undefined ? bench.changes.update(next) : moveOn(bench, next, happened);
    if (await isMarked) return bench.cards.showSoon(id);
  }
}

function marked(state: StateOf<'applied' | 'failed'>, marks: CardMarks): State {
  return state.kind === 'applied' ? noLongerSeen({ ...state, ...marks }) : { ...state, ...marks };
}

/** An applied change, or a failed one that took effect in part. A failed change can only be marked as rolled back. */
function markable(change: Change, { rolledBack }: CardMarks): StateOf<'applied' | 'failed'> | undefined {
  const { state } = change;
  if (state.kind === 'applied') return state;
  return state.kind === 'failed' && rolledBack !== undefined && effectOf(change).length > 0 ? state : undefined;
}
