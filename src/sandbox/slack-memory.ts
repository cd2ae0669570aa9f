import { z } from 'zod';
import { Journal, readJournal } from './journal.ts';

/** A new or updated message, a deleted message, or an opened conversation. */
const entry = z.union([
  z.object({ message: z.looseObject({ channel: z.string(), ts: z.string() }) }),
  z.object({ deleted: z.object({ channel: z.string(), ts: z.string() }) }),
  z.object({ opened: z.looseObject({ id: z.string() }) }),
]);
type Entry = z.infer<typeof entry>;

/** Lets the local Slack keep its messages across restarts. */
export interface SlackMemory {
  /** Runs in the local Slack's process, before its own code. */
  readonly preload: string;
  /** How many lines could not be read. */
  readonly leftOut: number;
}

/** local-slack writes nothing to disk. Its store is an EventEmitter that all messages go through, so we listen there. */
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

/** Reads the messages of the last run, so that the next local Slack starts with them. */
export function openSlackMemory(path: string): SlackMemory {
  const { entries, leftOut } = readJournal(path, entry);
  Journal.rewrite(path, newestOnly(entries)).close();
  return { preload: `const memory = ${JSON.stringify(path)};${remember}`, leftOut };
}

/** An updated message keeps the place of its first version. */
function newestOnly(entries: readonly Entry[]): readonly Entry[] {
  const kept = new Map<string, Entry>();
  for (const one of entries) {
    if ('deleted' in one) kept.delete(`${one.deleted.channel} ${one.deleted.ts}`);
    else kept.set('opened' in one ? one.opened.id : `${one.message.channel} ${one.message.ts}`, one);
  }
  return [...kept.values()];
}
