import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Ask } from '../bookinfo/bookinfo.ts';
import { labelsOf, type Workload, workloads } from '../bookinfo/pods.ts';
import { at, isObject, type KubeObject } from '../kube-api/object.ts';

/** What a sandbox can be made of: `tutorial` is Bookinfo alone, `gateway-api` the same with routes of the Gateway API. */
export const worldNames = ['tutorial', 'shapes', 'gateway-api'] as const;
export type WorldName = (typeof worldNames)[number];

export class UnknownWorldError extends Error {
  override readonly name = 'UnknownWorldError';
}

/** The objects of a world at its beginning, and what is asked for there beside Bookinfo's pages. */
export interface WorldParts {
  readonly objects: readonly KubeObject[];
  readonly asks: readonly Ask[];
}

export function readWorldName(text: string): WorldName {
  const found = worldNames.find((name) => name === text);
  if (found === undefined) throw new UnknownWorldError(`there is no world ${text}: there are ${worldNames.join(', ')}`);
  return found;
}

export async function partsOf(world: WorldName): Promise<WorldParts> {
  switch (world) {
    case 'tutorial':
      return { objects: await bookinfoObjects(), asks: [] };
    case 'shapes':
      return { objects: [...(await bookinfoObjects()), ...(await withPods('shapes.yaml'))], asks: asksOfShapes };
    case 'gateway-api':
      return {
        objects: [...(await ruleFile('http-route-all-v1.yaml')), ...(await withPods('gateway-api.yaml'))],
        asks: [],
      };
  }
}

/** Bookinfo's objects as at the start of the tutorial: all traffic goes to v1. */
export async function bookinfoObjects(): Promise<readonly KubeObject[]> {
  return [...(await ruleFile('destination-rule-all.yaml')), ...(await ruleFile('virtual-service-all-v1.yaml'))];
}

const ruleFiles = resolve(import.meta.dirname, '../../../manifests/bookinfo');

function ruleFile(name: string): Promise<readonly KubeObject[]> {
  return objectsIn(join(ruleFiles, name));
}

/** The objects of a file here, the pods of Bookinfo, and where the Services of the file find them. */
async function withPods(name: string): Promise<readonly KubeObject[]> {
  const written = await objectsIn(join(import.meta.dirname, name));
  const pods = workloads.map(podOf);
  const slices = written.filter(({ kind }) => kind === 'Service').map((service) => sliceOf(service, pods));
  return [...written, ...pods, ...slices];
}

async function objectsIn(file: string): Promise<readonly KubeObject[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => inDefault(document.toJS()));
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
