import type { Step } from './instrument.ts';

/** Starting up leads everywhere, and a watch waits for ever. Neither is part of what a person asked for. */
const around = [
  'main ',
  'bot/',
  'http/server startHttp ',
  'cluster/watch-cache ',
  'cluster/client/kube-client #watch ',
];

/** Rounds of reconciling come by the clock, and not because a person did something. */
const byTheClock = ['process/rounds '];

/** What a person asked for goes on by the clock here. */
const asked = ['workflow/ramping/drive '];

/** Where a delivery from Slack and a job enter the bot. */
const entrances = ['http/slack-guard guard ', 'redis/job-queue work '];

/** Nobody waits for a card. Several ask for the same one, and whoever comes first brings it. */
const aside = ['workflow/showing/cards '];

export function isAround(name: string): boolean {
  return startsWithAny(name, around);
}

export function isByTheClock(path: string): boolean {
  return startsWithAny(path, byTheClock) && !asked.some((each) => path.includes(` > ${each}`));
}

/** Whether every run takes this way: a delivery or a job waits for it. What a timer starts, and who brings a card, is luck. */
export function isCertain(path: string): boolean {
  return startsWithAny(path, entrances) && !aside.some((each) => path.includes(` > ${each}`));
}

/** These are names in the bot's code. One that was renamed would silently match nothing. */
export function checkWays(steps: readonly Step[]): void {
  const gone = [...around, ...byTheClock, ...asked, ...entrances, ...aside].filter(
    (each) => !steps.some(({ name }) => name.startsWith(each)),
  );
  if (gone.length > 0) throw new Error(`ways.ts names what the bot has no more: ${gone.join(', ')}`);
}

function startsWithAny(text: string, starts: readonly string[]): boolean {
  return starts.some((each) => text.startsWith(each));
}
