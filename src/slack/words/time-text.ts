/** `14:03 UTC`. A card stays, so it cannot say how long ago, and its readers live in different time zones. */
export function clock(at: string): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

/** `14:03:11 UTC` */
export function exactClock(at: Date): string {
  return `${at.toISOString().slice(11, 19)} UTC`;
}

/** A moment to the second. Slack shows it in the reader's own time zone. */
export function momentText(at: string): string {
  const ms = Date.parse(at);
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time_secs}|${exactClock(new Date(ms))}>`;
}
