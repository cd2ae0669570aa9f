import { foreign } from './mrkdwn.ts';

/** How long ago, which needs no time zone. After a day: the day and time in UTC. */
export function when(at: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(at)) / 60_000);
  if (Number.isNaN(minutes) || minutes >= 24 * 60)
    return foreign(at.replace('T', ' ').replace(/:\d{2}(\.\d+)?Z$/, ' UTC'), 40);
  if (minutes < 1) return 'just now';
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}
