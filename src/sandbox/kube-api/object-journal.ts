import { z } from 'zod';
import { Journal, readJournal } from '../journal.ts';
import { KINDS, type Kind } from './kinds.ts';
import { isObject, type KubeObject } from './object.ts';
import type { StoreEvent, StoreState } from './store.ts';

/** One write. Without an object it is a deletion. Without a kind it only records the last resourceVersion. */
const entry = z.object({
  version: z.int().positive(),
  kind: z.string().optional(),
  key: z.string().optional(),
  object: z.custom<KubeObject>(isKubeObject).optional(),
});
type Entry = z.infer<typeof entry>;

/** The file in which an API server keeps its objects across restarts. */
export class ObjectJournal {
  /** The objects of the last run, and its last resourceVersion. Undefined if there was nothing. */
  readonly state: StoreState | undefined;
  /** How many lines could not be read. They are removed from the file. */
  readonly leftOut: number;
  readonly #journal: Journal;

  private constructor(journal: Journal, state: StoreState | undefined, leftOut: number) {
    this.#journal = journal;
    this.state = state;
    this.leftOut = leftOut;
  }

  static open(path: string): ObjectJournal {
    const { entries, leftOut } = readJournal(path, entry);
    const isServed = ({ kind }: Entry) => kind === undefined || kindNamed(kind) !== undefined;
    const known = entries.filter(isServed);
    const state = known.length === 0 ? undefined : stateAfter(known);
    const lines = state === undefined ? [] : [{ version: state.version }, ...state.objects.map(entryOf)];
    return new ObjectJournal(Journal.rewrite(path, lines), state, leftOut + entries.length - known.length);
  }

  /** The write is on disk when this returns. */
  record({ kind, stored, type, resourceVersion }: StoreEvent): void {
    const { key, object } = stored;
    const what = { version: resourceVersion, kind: nameOf(kind), key };
    this.#journal.append(type === 'DELETED' ? what : { ...what, object });
  }

  close(): void {
    this.#journal.close();
  }
}

function stateAfter(entries: readonly Entry[]): StoreState {
  const objects = new Map<string, StoreState['objects'][number]>();
  for (const { kind: name, key, object, version } of entries) {
    const kind = kindNamed(name ?? '');
    if (kind === undefined || key === undefined) continue;
    if (object === undefined) objects.delete(`${name}/${key}`);
    else objects.set(`${name}/${key}`, { kind, key, object, resourceVersion: version });
  }
  const version = entries.reduce((highest, one) => Math.max(highest, one.version), 0);
  return { version, objects: [...objects.values()] };
}

function entryOf({ kind, key, object, resourceVersion }: StoreState['objects'][number]): Entry {
  return { version: resourceVersion, kind: nameOf(kind), key, object };
}

/** `virtualservices.networking.istio.io` */
function nameOf({ plural, group }: Kind): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function kindNamed(name: string): Kind | undefined {
  return KINDS.find((kind) => nameOf(kind) === name);
}

function isKubeObject(value: unknown): boolean {
  return isObject(value) && typeof value['kind'] === 'string' && isObject(value['metadata']);
}
