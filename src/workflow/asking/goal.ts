import type { WholeAim } from '../../domain/change/change.ts';
import { type FirstObject, type FirstRefusal, firstObjects, withSubsets } from '../../domain/change/first-objects.ts';
import type { EditCommand } from '../../domain/language/command.ts';
import type { UnroutedService } from '../../domain/map/unrouted.ts';
import { merged } from '../../domain/routing/content.ts';
import { ledgerAnnotation } from '../../domain/routing/ledger.ts';
import type { Place, ServiceName } from '../../domain/routing/names.ts';
import { type ObjectContent, type ObjectRef, refText } from '../../domain/routing/object.ts';
import { choosePinned, type PinnedMistake, withoutRule } from '../../domain/routing/pinned.ts';
import type { LiveObject } from '../../domain/routing/route.ts';
import type { Manifest, RuleFile, RuleFileReading } from '../../domain/routing/rule-file.ts';
import type { Percentages } from '../../domain/routing/split.ts';
import { isObject, type JsonObject } from '../../domain/text/json.ts';
import { type Desk, fillIn, type NotFound, nameOf } from '../desk.ts';
import type { ContentAim } from './plan-content.ts';

/** What a command wants to reach, whatever is live. */
export interface Goal {
  readonly command: EditCommand;
  readonly place: Place;
  readonly aim: WholeAim;
  readonly variants: readonly Variant[];
  readonly file?: RuleFile | undefined;
  readonly begins?: Begins | undefined;
}

/** A service that had no rules, and what its versions begin with. */
export interface Begins {
  readonly name: ServiceName;
  readonly service: UnroutedService;
  readonly shares: Percentages;
}

export interface Variant {
  /** The file as its author may have meant it, not as it is written. */
  readonly isMeant: boolean;
  readonly aims: readonly ContentAim[];
}

export type GoalAnswer =
  | Exclude<RuleFileReading, { kind: 'file' }>
  | { readonly kind: 'unknown-cluster'; readonly cluster: string; readonly clusters: readonly string[] }
  /** The file names another namespace than the command. */
  | { readonly kind: 'other-namespace'; readonly named: string; readonly written: string }
  | { readonly kind: 'not-found'; readonly name: ServiceName; readonly found: NotFound }
  /** `init`: the service has an object already, another object has the name, there is no such service, or its objects cannot be made. */
  | { readonly kind: 'no-first-rules'; readonly name: ServiceName; readonly because: NoFirstRules }
  | { readonly kind: 'no-pinned-rule'; readonly name: ServiceName; readonly mistake: PinnedMistake };

export type NoFirstRules =
  | FirstRefusal
  | { readonly reason: 'routed' | 'name-taken'; readonly object: ObjectRef }
  | { readonly reason: 'no-service' };

type Reached = Goal | { readonly answer: GoalAnswer };

export function goalOf(desk: Desk, command: EditCommand): Promise<Reached> {
  switch (command.verb) {
    case 'unpin':
      return unpinned(desk, command);
    case 'init':
      return begun(desk, command);
    default:
      return ofFile(desk, command);
  }
}

type FileCommand = Extract<EditCommand, { file: string }>;

async function ofFile(desk: Desk, command: FileCommand): Promise<Reached> {
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

  const aims = (all: readonly Manifest[]) =>
    all
      .filter(({ isAdded }) => command.verb === 'apply' || isAdded !== true)
      .map((manifest) => aimOf(command.verb, manifest, { cluster, namespace }));
  const asWritten = { isMeant: false, aims: aims(file.manifests) };
  const meant =
    file.meant === undefined || command.verb === 'delete' ? [] : [{ isMeant: true, aims: aims(file.meant.manifests) }];
  const aim = { kind: 'file', verb: command.verb, file: file.name } as const;
  return { command, place: { cluster, namespace }, aim, variants: [...meant, asWritten], file };
}

function aimOf(verb: 'apply' | 'delete', manifest: Manifest, { cluster, namespace }: Place): ContentAim {
  const { kind, name } = manifest;
  const object = { cluster, namespace: manifest.namespace ?? namespace, kind, name };
  if (verb === 'delete') return { kind: 'content', object, become: () => undefined };
  const become = (live: LiveObject | undefined) =>
    manifest.isAdded === true
      ? withSubsetsBeside(live?.content, manifest.spec)
      : merged(live?.content, contentOf(manifest));
  return { kind: 'content', object, become, isWritten: true };
}

/** The object with these subsets beside those that it has. One that it has of that name stays as it is. */
function withSubsetsBeside(live: ObjectContent | undefined, { subsets }: JsonObject): ObjectContent {
  const all = [subsets, live?.spec['subsets']].flatMap((each) => (isObject(each) ? Object.entries(each) : []));
  return { ...live, spec: { ...live?.spec, subsets: Object.fromEntries(all) } };
}

/** Drops our history annotation: only the bot may write it. */
function contentOf({ labels, annotations = {}, spec }: Manifest): ObjectContent {
  const { [ledgerAnnotation]: _, ...others } = annotations;
  return { ...(labels && { labels }), ...(Object.keys(others).length > 0 && { annotations: others }), spec };
}

function repeated(manifests: readonly Manifest[], namespace: string): string | undefined {
  const texts = manifests.map((each) => refText({ ...each, namespace: each.namespace ?? namespace }));
  return texts.find((text, at) => texts.indexOf(text) < at);
}

async function unpinned(desk: Desk, command: Extract<EditCommand, { verb: 'unpin' }>): Promise<Reached> {
  const name = await nameOf(desk, command.service);
  const found = await desk.mesh.find(name);
  if (found.kind !== 'found') return { answer: { kind: 'not-found', name, found } };
  const { object } = found;
  const { live } = await desk.mesh.open(object);
  if (live === undefined) return { answer: { kind: 'not-found', name, found: { kind: 'gone', object } } };

  const chosen = choosePinned(live, command.rule);
  if (chosen.kind !== 'rule') return { answer: { kind: 'no-pinned-rule', name, mistake: chosen } };
  const become: ContentAim['become'] = (again) => {
    const rule = again && choosePinned(again, command.rule);
    return rule?.kind === 'rule' ? withoutRule(again?.content, rule.at) : again?.content;
  };
  const { cluster, namespace } = object;
  return {
    command,
    place: { cluster, namespace },
    aim: { kind: 'unpin', rule: chosen.words },
    variants: [{ isMeant: false, aims: [{ kind: 'content', object, become }] }],
  };
}

async function begun(desk: Desk, command: Extract<EditCommand, { verb: 'init' }>): Promise<Reached> {
  const name = await nameOf(desk, command.service);
  const no = (because: NoFirstRules): Reached => ({ answer: { kind: 'no-first-rules', name, because } });
  const found = await desk.mesh.find(name);
  if (found.kind === 'found') return no({ reason: 'routed', object: found.object });
  if (found.kind !== 'unknown-service') return { answer: { kind: 'not-found', name, found } };
  const service = found.unrouted;
  if (service === undefined) return no({ reason: 'no-service' });
  const kind = command.httpRoute === true ? 'HTTPRoute' : 'VirtualService';
  const first = firstObjects(service, { version: command.version, kind });
  if (first.kind === 'refused') return no(first.refusal);

  const { route, definition, shares } = first;
  const place = { cluster: name.cluster, namespace: service.namespace };
  const made: readonly ObjectRef[] = [
    { ...place, kind: route.kind, name: route.name },
    ...(definition?.isNew ? [{ ...place, kind: 'DestinationRule' as const, name: definition.name }] : []),
  ];
  const there = await Promise.all(made.map(async (object) => ({ object, ...(await desk.mesh.open(object)) })));
  const taken = there.find(({ live }) => live !== undefined);
  if (taken !== undefined) return no({ reason: 'name-taken', object: taken.object });

  const defining: readonly ContentAim[] =
    definition === undefined
      ? []
      : [
          {
            kind: 'content',
            object: { ...place, kind: 'DestinationRule', name: definition.name },
            become: (live) => withSubsets(live?.content, definition),
          },
        ];
  return {
    command,
    place,
    aim: { kind: 'init', service: service.name },
    variants: [{ isMeant: false, aims: [...defining, firstRoute(place, route)] }],
    begins: { name, service, shares },
  };
}

/** Somebody may have made it in between: it stays as they made it. */
function firstRoute(place: Place, { kind, name, content }: FirstObject): ContentAim {
  return { kind: 'content', object: { ...place, kind, name }, become: (live) => live?.content ?? content };
}
