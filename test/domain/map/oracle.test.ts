import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/domain/map/objects.ts';
import { trafficMap } from '../../../src/domain/map/traffic-map.ts';
import { differences } from './oracle/compare.ts';
import { groupOf, type Probe, requests, type World, worldObjects, worlds } from './oracle/worlds.ts';

/** Where the map says something else than a real istiod and a real Envoy did, and why that may stay. */
const known: readonly { readonly world: string; readonly authority: string; readonly reason: string }[] = [
  {
    world: 'request: redirect with %PREFIX()%',
    authority: 'reviews:9080',
    reason: 'the client of that rig could not read the Location, so what came is its error and not the 301',
  },
  ...['nobody:9080', 'reviews.other:9080'].map((authority) => ({
    world: 'request: unknown host asked for',
    authority,
    reason: 'the earlier rig intercepted nothing, so Envoy had no address to pass the request on to',
  })),
  {
    world: 'request: t7: Sidecar that hides reviews',
    authority: 'reviews:9080',
    reason: 'the same',
  },
];

interface Asked {
  readonly world: World;
  readonly probe: Probe;
  readonly differs: readonly string[];
}

function askedIn(world: World): readonly Asked[] {
  const objects = worldObjects(world);
  const map = trafficMap(objects, { ...defaultSettings, seesAllPods: true });
  return world.probes.map((probe) => ({ world, probe, differs: differences(map, objects, probe) }));
}

function isKnown({ world, probe }: Asked): boolean {
  return known.some((each) => each.world === world.name && each.authority === probe.authority);
}

const groups = Map.groupBy([...worlds, ...requests], groupOf);

describe('the map beside a real istiod and a real Envoy', () => {
  it.each([...groups])('says what they did in the worlds of “%s”', (_, group) => {
    const asked = group.flatMap(askedIn);

    const unlisted = asked.filter((each) => each.differs.length > 0 && !isKnown(each));
    expect(unlisted.map(({ world, probe, differs }) => ({ world: world.name, probe, differs }))).toEqual([]);
    const outdated = asked.filter((each) => each.differs.length === 0 && isKnown(each));
    expect(outdated.map(({ world, probe }) => `${world.name}, ${probe.authority} agrees`)).toEqual([]);
  });

  it('is asked for every probe, and differs in those that are listed', () => {
    const count = [...groups.values()].flat().reduce((sum, { probes }) => sum + probes.length, 0);

    expect({ asked: count, listed: known.length }).toEqual({ asked: 3998, listed: 4 });
  });

  it.each(known)('lists $world, $authority, which is in the oracle', ({ world, authority }) => {
    const named = [...worlds, ...requests].filter(({ name }) => name === world).flatMap(({ probes }) => probes);

    expect(named.map((probe) => probe.authority)).toContain(authority);
  });
});
