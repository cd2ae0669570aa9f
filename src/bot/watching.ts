import { objectKey } from '../domain/routing/object.ts';
import { Bundles } from '../process/bundles.ts';
import { Rounds } from '../process/rounds.ts';
import type { Mesh, Touched } from '../workflow/ports/mesh.ts';
import type { Aside } from '../workflow/ports/process.ts';
import { type Lookout, lookAfter, lookAfterRecent } from '../workflow/watching/watch-over.ts';

/** Gives a worker time to store what it wrote before we check whether it is still live. */
const touchedMs = 500;

/** Somebody may create hundreds of objects at once. */
const createdMs = 5_000;

/**
 * One round in this many checks everything, and after a failed check the next round does too. A full check costs Redis a command for every
 * change of the last day.
 */
const roundsBetween = 30;

/**
 * Checks whether applied changes are still live. Checks an object when the watch reports a write (a LIST finds missed ones within a
 * minute). Checks all applied changes soon after an object without a history was created, and now and then, for namespaces that this process
 * does not watch yet. Returns a function that stops it.
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
  const rounds = new Rounds(lookout.log);
  const created = new Bundles<'all'>(
    createdMs,
    () => 'all',
    () => {
      lookAtAllIn = 0;
      rounds.soon();
    },
  );
  const stopHearing = mesh.onTouched((touched) => {
    // It may stand in place of one that we changed, or deleted. Its history does not tell.
    if (touched.changes.length === 0) created.add('all', 'all');
    else bundles.add(objectKey(touched.object), touched);
  });
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
    created.stop();
    rounds.stop();
  };
}

function joined({ object, changes }: Touched, later: Touched): Touched {
  return { object, changes: [...new Set([...changes, ...later.changes])] };
}
