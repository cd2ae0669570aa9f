import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MeshKind, meshKinds, readMeshObject } from '../../../../src/cluster/map/read-object.ts';
import type { Caller } from '../../../../src/domain/map/governed.ts';
import type { MeshObject } from '../../../../src/domain/map/objects.ts';

/** Objects as they were created, and what a real istiod and a real Envoy did to requests while they were in force. */
export interface World {
  readonly name: string;
  readonly objects: readonly Manifest[];
  readonly probes: readonly Probe[];
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly status?: { readonly podIP?: string };
}

export interface Probe {
  readonly from: string;
  readonly authority: string;
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tcp?: boolean;
  readonly answers: Readonly<Record<string, number>>;
  readonly governedBy?: string | readonly (string | null)[] | null;
  readonly route?: string;
  readonly rule?: number;
  readonly ruleOneOf?: readonly number[];
  readonly delegate?: string;
  readonly delegateRule?: number;
  readonly weights?: Readonly<Record<string, number | boolean>>;
  readonly weightsOneOf?: readonly Readonly<Record<string, number | boolean>>[];
  readonly clusters?: Readonly<Record<string, number>>;
  readonly destinationRule?: string | readonly string[];
}

const folder = import.meta.dirname;

export const worlds: readonly World[] = readFileSync(join(folder, 'worlds.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** The pods behind the gateways' ports; the worlds do not list them. */
const router = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'istio-system',
    name: 'istio-ingressgateway',
    labels: { istio: 'ingressgateway', app: 'istio-ingressgateway' },
  },
};

const base: readonly Manifest[] = [...JSON.parse(readFileSync(join(folder, 'base.json'), 'utf8')), router];

/** Pods behind endpoints that name no pod. */
export const podsByAddress: ReadonlyMap<string, string> = new Map(
  [...base, ...worlds.flatMap(({ objects }) => objects)].flatMap(({ kind, metadata, status }) =>
    kind === 'Pod' && status?.podIP !== undefined ? [[status.podIP, metadata.name]] : [],
  ),
);

export function objectsOf(manifests: readonly Manifest[]): readonly MeshObject[] {
  return manifests.map((each) => readMeshObject(kindOf(each), each)).filter((each) => each !== undefined);
}

export interface EarlierRequest {
  readonly name: string;
  readonly objects: readonly Manifest[];
  readonly request: Omit<Probe, 'answers'>;
  readonly percent: Readonly<Record<string, number>>;
}

/** Requests of an earlier rig, with the share of each answer in percent. */
export const earlierRequests = readFileSync(join(folder, 'requests.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): EarlierRequest => JSON.parse(line));

/** The same as worlds: that rig said in other words what came back. */
export const requests: readonly World[] = earlierRequests.map(({ name, objects, request, percent }) => {
  const answers = Object.entries(percent).map(([answer, share]) => [inWords(answer), share * 2] as const);
  return { name: `request: ${name}`, objects, probes: [{ ...request, answers: Object.fromEntries(answers) }] };
});

function inWords(answer: string): string {
  const [status = '', ...body] = answer.split(' ');
  const known: Readonly<Record<string, string>> = {
    '404': '404 NR',
    '503': '503 NC',
    '503 no healthy upstream': '503 UH',
    '418 tea': '418 direct_response',
  };
  return known[answer] ?? (body.join(' ') === 'fault filter abort' ? `${status} FI` : answer);
}

/** What exists in every world, then what is its own. */
/** Each once: a world writes some objects of the base anew. */
export function worldObjects(world: Pick<World, 'objects'>): readonly MeshObject[] {
  const all = objectsOf([...base, ...world.objects]);
  return [...new Map(all.map((object) => [`${object.kind} ${object.namespace}/${object.name}`, object])).values()];
}

function kindOf({ apiVersion, kind }: Manifest): MeshKind {
  const group = apiVersion.includes('/') ? apiVersion.split('/', 1)[0] : '';
  const found = meshKinds.find((each) => each === `${group}/${kind}`);
  if (found === undefined) throw new Error(`the oracle has a kind that nobody reads: ${apiVersion} ${kind}`);
  return found;
}

const clients: Readonly<Record<string, Caller>> = {
  'mesh:default': { kind: 'mesh', namespace: 'default', labels: { app: 'productpage', version: 'v1' } },
  'mesh:other': { kind: 'mesh', namespace: 'other', labels: { app: 'client', version: 'v1' } },
};

/** The name of a gateway is but a label for a port: all Gateways that fit the router share it. */
export function callerOf({ from, port }: Pick<Probe, 'from' | 'port'>, objects: readonly MeshObject[]): Caller {
  const named = from.replace('gateway:', '');
  const gateways = objects.flatMap((each) => (each.kind === 'Gateway' || each.kind === 'ApiGateway' ? [each] : []));
  const nameOf = ({ namespace, name }: MeshObject) => `${namespace}/${name}`;
  const found =
    gateways.find((each) => nameOf(each) === named) ??
    gateways.find(({ servers }) => servers.some((server) => server.port === port));
  return clients[from] ?? { kind: 'gateway', gateway: found === undefined ? named : nameOf(found) };
}

/** `order: …` is of group `order`; `random 12` of `random`. */
export function groupOf({ name }: Pick<World, 'name'>): string {
  return (
    /^(random B|random|HTTPRoute|GRPCRoute|DestinationRule|Sidecar|ServiceEntry|delegate|hosts|match|port)\b/.exec(
      name,
    )?.[0] ??
    name.split(':', 1)[0] ??
    name
  );
}
