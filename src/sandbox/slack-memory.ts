import { z } from 'zod';
import { Journal, readJournal } from './journal.ts';

/** A message as it is now, one that is gone, or a conversation that was opened. */
const entry = z.union([
  z.object({ message: z.looseObject({ channel: z.string(), ts: z.string() }) }),
  z.object({ deleted: z.object({ channel: z.string(), ts: z.string() }) }),
  z.object({ opened: z.looseObject({ id: z.string() }) }),
]);
type Entry = z.infer<typeof entry>;

/** What makes the local Slack remember its messages, and how many of those it had could not be read. */
export interface SlackMemory {
  /** Runs in the local Slack's process before its own program. */
  readonly preload: string;
  readonly leftOut: number;
}

/** It keeps nothing by itself, but all that is said goes through one emitter of events, which holds it, too. */
const remember = `
const { EventEmitter } = require('node:events');
const { appendFileSync, readFileSync } = require('node:fs');
const note = (entry) => appendFileSync(memory, JSON.stringify(entry) + '\\n');
const recall = (store) => {
  for (const line of readFileSync(memory, 'utf8').split('\\n').filter(Boolean)) {
    const { message, opened } = JSON.parse(line);
    if (opened) store.channels.set(opened.id, opened);
    const channel = opened ? opened.id : message.channel;
    if (!store.messages.has(channel)) store.messages.set(channel, []);
    if (message) store.messages.get(channel).push(message);
  }
  for (const event of ['message', 'message_update']) store.on(event, (message) => note({ message }));
  store.on('message_delete', (deleted) => note({ deleted }));
  store.on('channel', (opened) => note({ opened }));
};
const { setMaxListeners } = EventEmitter.prototype;
EventEmitter.prototype.setMaxListeners = function (count) {
  if (this.messages instanceof Map && this.channels instanceof Map) queueMicrotask(() => recall(this));
  return setMaxListeners.call(this, count);
};
`;

/** Reads what a local Slack said before, and gets the next one to go on from there. */
export function openSlackMemory(path: string): SlackMemory {
  const { entries, leftOut } = readJournal(path, entry);
  Journal.rewrite(path, newestOnly(entries)).close();
  return { preload: `const memory = ${JSON.stringify(path)};${remember}`, leftOut };
}

/** A message stays at the place where it was first said. */
function newestOnly(entries: readonly Entry[]): readonly Entry[] {
  const kept = new Map<string, Entry>();
  for (const one of entries) {
    if ('deleted' in one) kept.delete(`${one.deleted.channel} ${one.deleted.ts}`);
    else kept.set('opened' in one ? one.opened.id : `${one.message.channel} ${one.message.ts}`, one);
  }
  return [...kept.values()];
}
