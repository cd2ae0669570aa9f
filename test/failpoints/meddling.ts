import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { collectionOf, pathOf, writeKey } from '../chaos/history.ts';
import type { Trap } from '../chaos/http-proxy.ts';
import type { World } from './world.ts';

/** What somebody else writes at a moment that only luck would find: theirs is noted as they do it. */
interface Meddling {
  readonly world: World;
  readonly ref: ObjectRef;
  readonly foreign: Set<string>;
}

/** Edits an object right before the bot's first write of it; returns what ends the wait for that. */
export function editBeforeWrite({ world, ref, foreign }: Meddling): () => void {
  return world.addTrap(ref, {
    when: 'before',
    fits: (seen) => seen.method === 'PATCH' && isWrite(seen) && isPath(seen, pathOf(ref)),
    spring: async () => {
      foreign.add(writeKey(ref.cluster, await world.edit(ref, { spec: { gateways: ['mesh'] } })));
    },
  });
}

/** Moves the weights of an object right before the bot's first write of it; returns what ends the wait for that. */
export function moveBeforeWrite({ world, ref, foreign }: Meddling): () => void {
  return world.addTrap(ref, {
    when: 'before',
    fits: (seen) => seen.method === 'PATCH' && isWrite(seen) && isPath(seen, pathOf(ref)),
    spring: async () => {
      foreign.add(writeKey(ref.cluster, await world.moveByHand(ref)));
    },
  });
}

/** Deletes an object right after the bot has created it, before the bot hears that it has. */
export function deleteAfterCreation({ world, ref, foreign }: Meddling): () => void {
  return world.addTrap(ref, {
    when: 'after',
    fits: (seen) => seen.method === 'POST' && isWrite(seen) && isPath(seen, collectionOf(ref)) && isOf(seen, ref),
    spring: async () => {
      const live = await world.read(ref);
      if (live === undefined) return;
      foreign.add(live.metadata.uid);
      await world.delete(ref);
    },
  });
}

/** Holds the bot's next write of an object until it is let go. */
export function holdWrite(
  world: World,
  ref: ObjectRef,
): { readonly reached: Promise<void>; readonly release: () => void } {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const remove = world.addTrap(ref, {
    when: 'before',
    fits: (seen) => seen.method === 'PATCH' && isWrite(seen) && isPath(seen, pathOf(ref)),
    spring: () => {
      reached.resolve();
      return released.promise;
    },
  });
  const release = () => {
    remove();
    released.resolve();
  };
  return { reached: reached.promise, release };
}

type Seen = Parameters<Trap['fits']>[0];

function isWrite({ path }: Seen): boolean {
  return !path.includes('dryRun=');
}

function isPath({ path }: Seen, wanted: string): boolean {
  return path.split('?')[0] === wanted;
}

function isOf({ body }: Seen, { name }: ObjectRef): boolean {
  return body.includes(`"name":"${name}"`);
}
