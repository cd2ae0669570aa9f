import { shareOf } from '../../domain/policy/targets.ts';
import { findRule, type LiveObject } from '../../domain/routing/route.ts';
import type { Move } from '../../domain/routing/split.ts';
import type { PlanWarning } from '../../domain/routing/warning.ts';
import type { Desk } from '../desk.ts';

/** How many times its share of the ready pods a version may get before a person is told. */
const fairTimes = 2;

/** Versions that would get more requests than before, and have no pod for them, or few. What is not known is not told. */
export async function warnOfPods(
  { mesh }: Pick<Desk, 'mesh'>,
  live: LiveObject,
  moves: readonly Move[],
): Promise<readonly PlanWarning[]> {
  const growing = moves.flatMap(({ rule, from, to }) =>
    Object.keys(to)
      .filter((version) => shareOf(to, version) > shareOf(from, version))
      .map((version) => ({
        backend: findRule(live, rule)?.backends?.find((each) => each.version === version),
        percent: Math.round(shareOf(to, version)),
      })),
  );
  const warnings = await Promise.all(
    growing.map(async ({ backend, percent }): Promise<PlanWarning | undefined> => {
      if (backend === undefined) return undefined;
      const { version, host, selects = {} } = backend;
      const [own, all] = await Promise.all([
        mesh.pods(live.object.cluster, host, selects),
        mesh.pods(live.object.cluster, host, {}),
      ]);
      if (own === undefined || all === undefined) return undefined;
      if (own.ready === 0) return { kind: 'no-pods', version, all: own.all, percent };
      const isFair = percent * all.ready <= fairTimes * 100 * own.ready;
      return isFair ? undefined : { kind: 'few-pods', version, ready: own.ready, all: all.ready, percent };
    }),
  );
  return warnings.filter((each) => each !== undefined);
}
