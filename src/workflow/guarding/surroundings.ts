import {
  type Confounding,
  confoundedBy,
  type Sticky,
  type Surroundings,
  stickyBy,
} from '../../domain/ramp/confounded.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import { isOver } from '../../domain/ramp/ramp-state.ts';
import type { LiveObject, Rule } from '../../domain/routing/route.ts';
import { versionsOf, weightOf } from '../../domain/routing/split.ts';
import type { Desk } from '../desk.ts';

/** What is in the way of a comparison. */
export interface InTheWay {
  readonly confounding?: Confounding | undefined;
  readonly sticky?: Sticky | undefined;
}

interface Around {
  readonly live: LiveObject;
  readonly rule: Rule;
  /** The versions that are compared. */
  readonly versions: readonly string[];
  /** The ramp that asks; absent before it is stored. */
  readonly own?: Ramp['id'] | undefined;
}

/** Looks at everything that sends requests to the versions of a rule. Beside the object itself it reads watch caches only. */
export async function inTheWayOf(
  { mesh, ramps }: Pick<Desk, 'mesh' | 'ramps'>,
  { live, rule, versions, own }: Around,
): Promise<InTheWay> {
  const hosts = [...new Set((rule.backends ?? []).map(({ host }) => host))];
  const [others, open] = await Promise.all([mesh.sendingTo(live.object.cluster, hosts), ramps.open()]);
  const surroundings: Surroundings = {
    ...{ route: live, rule, versions, others },
    ramped: open.filter(({ id, state }) => id !== own && isOnItsWay(state)).flatMap(ruledBy),
  };
  return { confounding: confoundedBy(surroundings), sticky: stickyBy(surroundings) };
}

/** The versions that get requests by a rule, beside the canary. */
export function othersIn({ split }: Pick<Rule, 'split'>, canary: readonly string[]): readonly string[] {
  return versionsOf(split).filter((version) => weightOf(split, version) > 0 && !canary.includes(version));
}

/** One that waits for approval moves nothing. */
function isOnItsWay(state: Ramp['state']): boolean {
  return state.kind !== 'awaiting' && !isOver(state);
}

function ruledBy({ id, before }: Ramp): Surroundings['ramped'] {
  return before.map(({ object, rule }) => ({ ramp: id, object, rule }));
}
