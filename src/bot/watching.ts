import { objectKey } from '../domain/routing/object.ts';
import { Bundles } from '../process/bundles.ts';
import { Rounds } from '../process/rounds.ts';
import type { Mesh, Touched } from '../workflow/ports/mesh.ts';
import type { Aside } from '../workflow/ports/process.ts';
import { type Lookout, lookAfter, lookAfterRecent } from '../workflow/watching/watch-over.ts';

/** Gives a worker time to store what it wrote before we check whether it is still live. */
const touchedMs = 500;

/**
 * One round in this many checks everything, and after a failed check the next round does too. A full check costs Redis a command for every
 * change of the last day.
 */
const roundsBetween = 30;

/**
 * Checks whether applied changes are still live. Checks an object when the watch reports a write (a LIST finds missed ones within a
 * minute), and now and then all applied changes, for namespaces that this process does not watch yet. Returns a function that stops it.
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
    aside(look, 'could not check whether a change is still live', { object });
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
