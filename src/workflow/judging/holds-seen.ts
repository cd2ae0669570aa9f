import { freezesAt, type Hold } from '../../domain/policy/freeze.ts';
import { holdsFor, touchesAny } from '../../domain/policy/set-hold.ts';
import { targetsOf } from '../../domain/policy/targets.ts';
import type { Route } from '../../domain/routing/route.ts';
import type { Desk } from '../desk.ts';
import { StoreUnavailableError } from '../errors.ts';
import { namedBy } from './judge-live.ts';

/** The locks and freezes on any of these objects, with those of the policy file and what cannot be read; undefined if the store does not answer. */
export async function holdsSeen(
  { holds, policies, log, now }: Pick<Desk, 'holds' | 'policies' | 'log' | 'now'>,
  routes: readonly Route[],
): Promise<readonly Hold[] | undefined> {
  const at = now();
  const names = routes.map((route) => targetsOf(namedBy(route)));
  try {
    const found = await holds.all(at);
    const set = found.holds.filter((hold) => names.some((targets) => holdsFor(hold, targets, at)));
    const unreadable = found.unreadable.filter(
      ({ target }) => target === undefined || touchesAny(target, names.flat()),
    );
    return [...unreadable, ...set, ...freezesAt(policies.current().freezes, names.flat(), at)];
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    log.warn({ err }, 'locks and freezes could not be read');
    return undefined;
  }
}
