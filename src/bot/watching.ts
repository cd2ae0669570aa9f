import { objectKey } from '../domain/routing/names.ts';
import { Bundles } from '../process/bundles.ts';
import { Rounds } from '../process/rounds.ts';
import type { Mesh, Touched } from '../workflow/ports/mesh.ts';
import type { Aside } from '../workflow/ports/process.ts';
import { type Lookout, lookAfter, lookAfterRecent } from '../workflow/watching/watch-over.ts';

/** Long enough for a worker to note what it wrote, before anybody asks whether it still stands. */
const touchedMs = 500;

/** Of so many rounds one looks at everything, unless a look before failed: each costs Redis a command for every change of the last day. */
const roundsBetween = 30;

/**
 * Looks whether what was applied still stands: whenever the watch hears of a write, which a LIST within a minute makes up for, and now
 * and then at all that was applied, for the namespaces of which this process has not heard yet. Returns what ends it.
 */
export function startWatching(lookout: Lookout, mesh: Pick<Mesh, 'onTouched'>, aside: Aside): () => void {
  let lookAtAllIn = 0;
  const bundles = new Bundles<Touched>(touchedMs, joined, (touched) => {
    const { object } = touched;
    const look = async () => {
      try {
        if (await lookAfter(lookout, touched)) bundles.add(objectKey(object), touched);
      } catch (error) {
        lookAtAllIn = 0;
        throw error;
      }
    };
    aside(look, 'whether a change still stands is not known yet', { object });
  });
  const stopHearing = mesh.onTouched((touched) => bundles.add(objectKey(touched.object), touched));
  const rounds = new Rounds(lookout.log);
  rounds.start(async () => {
    lookAtAllIn -= 1;
    if (lookAtAllIn > 0) return { open: 0 };
    await lookAfterRecent(lookout);
    lookAtAllIn = roundsBetween;
    return { open: 0 };
  });
  return () => {
    stopHearing();
    bundles.stop();
    rounds.stop();
  };
}

function joined({ object, changes }: Touched, later: Touched): Touched {
  return { object, changes: [...new Set([...changes, ...later.changes])] };
}
