import type { Decision } from '../../domain/change/decide.ts';
import { deletes } from '../../domain/change/edit.ts';
import type { Made } from '../../domain/change/state.ts';
import type { ChangeId } from '../../domain/routing/names.ts';
import { refOf } from '../../domain/routing/object.ts';
import { ourManager } from '../../domain/routing/owner.ts';
import { findRule } from '../../domain/routing/route.ts';
import type { OpenEdit } from './open.ts';

/**
 * What a change made of an object, by the object's history. If nobody wrote the object since, its splits are the live ones, which admission
 * may have changed. Otherwise they are the planned ones, not what somebody else made of them.
 */
export function madeBy(id: ChangeId, { edit, open }: OpenEdit, { seq }: Extract<Decision, { kind: 'done' }>): Made {
  const object = refOf(edit.object);
  if (deletes(edit)) return { object, seq, live: [] };
  const live = open?.live;
  const isOurs = live?.ledger.revisions[0]?.id === id && live.lastWriter?.manager === ourManager;
  const splits = edit.moves.map(({ rule, to }) => ({
    rule,
    split: (isOurs && live !== undefined ? findRule(live, rule)?.split : undefined) ?? to,
  }));
  return { object, seq, live: splits };
}
