import type { Asker, Desk } from '../desk.ts';

/**
 * Where the card of what somebody asks for is to stand; undefined if nobody else would see it. What moves traffic forward has a card that
 * others see, so without a place for it nothing is accepted. Going back needs no card: in an incident it is not refused for that.
 */
export async function cardPlace(
  { rooms }: Pick<Desk, 'rooms'>,
  { origin }: Pick<Asker, 'origin'>,
  goesForward: boolean,
): Promise<Asker['origin'] | undefined> {
  const { forCards } = rooms;
  if ((await rooms.takesCards(origin.channel)) !== false) return origin;
  const takesCards = forCards !== undefined && (await rooms.takesCards(forCards)) !== false;
  if (takesCards) return { team: origin.team, channel: forCards };
  return goesForward ? undefined : origin;
}
