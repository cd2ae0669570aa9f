import { Bundles } from './bundles.ts';
import { objectKey } from './domain/names.ts';
import { Rounds } from './rounds.ts';
import type { Aside, Mesh, Touched } from './workflow/ports.ts';
import { type Lookout, lookAfter, lookAfterRecent } from './workflow/watch-over.ts';

/** Long enough for a worker to note what it wrote, before anybody asks whether it still stands. */
const touchedMs = 500;

/**
 * Looks whether what was applied still stands: whenever the watch hears of a write, and once a minute for all that it did not hear.
 * Returns what ends it.
 */
export function startWatching(lookout: Lookout, mesh: Pick<Mesh, 'onTouched'>, aside: Aside): () => void {
  const bundles = new Bundles<Touched>(touchedMs, joined, (touched) => {
    const { object } = touched;
    const look = async () => {
      if (await lookAfter(lookout, touched)) bundles.add(objectKey(object), touched);
    };
    aside(look, 'whether a change still stands is not known yet', { object });
  });
  const stopHearing = mesh.onTouched((touched) => bundles.add(objectKey(touched.object), touched));
  const rounds = new Rounds(lookout.log);
  rounds.start(async () => {
    await lookAfterRecent(lookout);
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
