import { merged, type ObjectContent, refText } from '../../domain/change/edit.ts';
import type { EditCommand } from '../../domain/language/command.ts';
import { ledgerAnnotation } from '../../domain/routing/ledger.ts';
import type { Place, RoutingObject, ServiceName } from '../../domain/routing/names.ts';
import { choosePinned, type PinnedMistake, withoutRule } from '../../domain/routing/pinned.ts';
import { pinnedRules } from '../../domain/routing/route.ts';
import type { Manifest, RuleFile, RuleFileReading } from '../../domain/routing/rule-file.ts';
import { type Desk, fillIn, type NotFound } from '../desk.ts';
import type { Aim } from './plan-edits.ts';

/** What a command is to bring about, whatever is live. */
export interface Goal {
  readonly command: EditCommand;
  readonly place: Place;
  /** The rule file, or the rule that is removed, in words. */
  readonly of: string;
  readonly variants: readonly Variant[];
  readonly file?: RuleFile | undefined;
}

export interface Variant {
  /** As the author of the file may have meant it, and not as it is written. */
  readonly isMeant: boolean;
  readonly aims: readonly Aim[];
}

export type GoalAnswer =
  | Exclude<RuleFileReading, { kind: 'file' }>
  | { readonly kind: 'unknown-cluster'; readonly cluster: string; readonly clusters: readonly string[] }
  /** The file names another namespace than the command. */
  | { readonly kind: 'other-namespace'; readonly named: string; readonly written: string }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound }
  | { readonly kind: 'no-pinned-rule'; readonly name: ServiceName; readonly mistake: PinnedMistake };

type Found = Goal | { readonly answer: GoalAnswer };

export function goalOf(desk: Desk, command: EditCommand): Promise<Found> {
  return command.verb === 'unpin' ? unpinned(desk, command) : ofFile(desk, command);
}

type FileCommand = Extract<EditCommand, { file: string }>;

async function ofFile(desk: Desk, command: FileCommand): Promise<Found> {
  const { cluster, namespace } = fillIn(desk, { ...command.place, service: '' });
  if (!desk.mesh.clusters.includes(cluster))
    return { answer: { kind: 'unknown-cluster', cluster, clusters: desk.mesh.clusters } };
  const reading = await desk.ruleFiles.read(command.file);
  if (reading.kind !== 'file') return { answer: reading };

  const { file } = reading;
  const manifests = [...file.manifests, ...(file.meant?.manifests ?? [])];
  const named = command.place.namespace;
  const other = manifests.find(
    (each) => named !== undefined && each.namespace !== undefined && each.namespace !== named,
  );
  if (named !== undefined && other?.namespace !== undefined)
    return { answer: { kind: 'other-namespace', named, written: other.namespace } };
  const twice = [file.manifests, file.meant?.manifests ?? []]
    .map((each) => repeated(each, namespace))
    .find((each) => each);
  if (twice !== undefined)
    return {
      answer: { kind: 'bad-file', name: file.name, faults: [{ what: `it holds two objects that are ${twice}` }] },
    };

  const aims = (all: readonly Manifest[]) => all.map((manifest) => aimOf(command.verb, manifest, namespace));
  const asWritten = { isMeant: false, aims: aims(file.manifests) };
  const meant =
    file.meant === undefined || command.verb === 'delete' ? [] : [{ isMeant: true, aims: aims(file.meant.manifests) }];
  return { command, place: { cluster, namespace }, of: file.name, variants: [...meant, asWritten], file };
}

function aimOf(verb: 'apply' | 'delete', manifest: Manifest, namespace: string): Aim {
  const ref = { kind: manifest.kind, namespace: manifest.namespace ?? namespace, name: manifest.name };
  if (verb === 'delete') return { ref, become: () => undefined };
  return { ref, become: (live) => merged(live?.content, contentOf(manifest)), isWritten: true };
}

/** Our record is nobody's to write. */
function contentOf({ labels, annotations = {}, spec }: Manifest): ObjectContent {
  const { [ledgerAnnotation]: _, ...others } = annotations;
  return { ...(labels && { labels }), ...(Object.keys(others).length > 0 && { annotations: others }), spec };
}

function repeated(manifests: readonly Manifest[], namespace: string): string | undefined {
  const texts = manifests.map((each) => refText({ ...each, namespace: each.namespace ?? namespace }));
  return texts.find((text, at) => texts.indexOf(text) < at);
}

async function unpinned(desk: Desk, command: Extract<EditCommand, { verb: 'unpin' }>): Promise<Found> {
  const name = fillIn(desk, command.service);
  const found = await desk.mesh.find(name);
  if (found.kind !== 'found') return { answer: { kind: 'not-found', name, found } };
  const { object } = found;
  const { seen } = await desk.mesh.open(object.cluster, object);
  if (seen === undefined) return { answer: { kind: 'not-found', name, found: { kind: 'gone', object } } };

  const chosen = choosePinned(pinnedIn(desk, object, seen.content), command.rule);
  if (chosen.kind !== 'rule') return { answer: { kind: 'no-pinned-rule', name, mistake: chosen } };
  const { kind, namespace, name: called } = object;
  const become: Aim['become'] = (live) => {
    const again = live && choosePinned(pinnedIn(desk, object, live.content), command.rule);
    return again?.kind === 'rule' ? withoutRule(live?.content, again.at) : live?.content;
  };
  const { cluster } = object;
  const aims = [{ ref: { kind, namespace, name: called }, become }];
  return { command, place: { cluster, namespace }, of: chosen.words, variants: [{ isMeant: false, aims }] };
}

function pinnedIn({ mesh }: Desk, object: RoutingObject, content: ObjectContent) {
  return pinnedRules(mesh.picture(object, content));
}
