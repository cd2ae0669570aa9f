import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Ask } from '../bookinfo/bookinfo.ts';
import { labelsOf, type Workload, workloads } from '../bookinfo/pods.ts';
import { at, isObject, type KubeObject } from '../kube-api/object.ts';

/** What a sandbox can be made of: `tutorial` is Bookinfo alone. */
export const worldNames = ['tutorial', 'shapes'] as const;
export type WorldName = (typeof worldNames)[number];

export class UnknownWorldError extends Error {
  override readonly name = 'UnknownWorldError';
}

/** What there is beside Bookinfo, and what is asked for there. */
export interface MoreThanBookinfo {
  readonly objects: readonly KubeObject[];
  readonly asks: readonly Ask[];
}

export function readWorldName(text: string): WorldName {
  const found = worldNames.find((name) => name === text);
  if (found === undefined) throw new UnknownWorldError(`there is no world ${text}: there are ${worldNames.join(', ')}`);
  return found;
}

export async function moreThanBookinfo(world: WorldName): Promise<MoreThanBookinfo> {
  if (world === 'tutorial') return { objects: [], asks: [] };
  const text = await readFile(join(import.meta.dirname, 'shapes.yaml'), 'utf8');
  const written = parseAllDocuments(text).map((document) => inDefault(document.toJS()));
  const pods = workloads.map(podOf);
  const slices = written.filter(({ kind }) => kind === 'Service').map((service) => sliceOf(service, pods));
  return { objects: [...written, ...pods, ...slices], asks: asksOfShapes };
}

const path = '/reviews/0';

/** Each object with rules for requests is asked for: what is written for a gateway, through it. */
const asksOfShapes: readonly Ask[] = [
  ...['shop', 'search', 'portal', 'twice', 'landing', 'spelled', 'ghost', 'empty', 'looked-after', 'cart', 'wide']
    .concat(['news', 'mail'])
    .map((service): Ask => ({ through: 'mesh', authority: `${service}:9080`, path })),
  { through: 'mesh', authority: 'shop:9080', path: '/reviews/1' },
  { through: 'mesh', authority: 'search:9080', path, headers: { 'x-beta': 'yes' } },
  { through: 'mesh', authority: 'blue.anything.example.com', path },
  { through: 'gateway', authority: 'shop.example.com', path: '/reviews/2' },
  { through: 'gateway', authority: 'landing.example.com', path },
];

function inDefault(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } };
}

/** What a kubelet says of a pod that runs and is ready. */
function podOf(workload: Workload, place: number): KubeObject {
  const { name, namespace, app } = workload;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: labelsOf(workload) },
    spec: { containers: [{ name: app, image: `sandbox/${name}` }] },
    status: { phase: 'Running', podIP: `10.244.0.${place + 1}`, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

/** What the controller of EndpointSlices makes of a Service. */
function sliceOf(service: KubeObject, pods: readonly KubeObject[]): KubeObject {
  const { name = '', namespace = '' } = service.metadata;
  const selector = at(service, 'spec', 'selector');
  const wanted = Object.entries(isObject(selector) ? selector : {});
  const endpoints = pods
    .filter(({ metadata }) => wanted.every(([label, value]) => metadata.labels?.[label] === value))
    .map((pod) => ({
      addresses: [at(pod, 'status', 'podIP')],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', namespace, name: pod.metadata.name },
    }));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints,
    ports: at(service, 'spec', 'ports'),
  };
}
