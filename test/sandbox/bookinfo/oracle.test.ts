import { describe, expect, it } from 'vitest';
import { isMeshKind } from '../../../src/cluster/map/read-object.ts';
import { bookinfoWorkload, labelsOf } from '../../../src/sandbox/bookinfo/pods.ts';
import { type Decision, routeRequest } from '../../../src/sandbox/bookinfo/route-request.ts';
import { Routing } from '../../../src/sandbox/bookinfo/routing.ts';
import { type EarlierRequest, earlierRequests } from '../../domain/map/oracle/worlds.ts';

/** What the earlier rig saw because it was that rig: see the table of the map. */
const ofThatRig = ['redirect with %PREFIX()%', 'unknown host asked for', 't7: Sidecar that hides reviews'];

const pods = ['reviews', 'ratings', 'details'].flatMap((app) =>
  ['v1', 'v2', 'v3'].map((version) => {
    const workload = bookinfoWorkload(app, version);
    return { ...workload, labels: labelsOf(workload), url: `http://${workload.name}` };
  }),
);
const source = bookinfoWorkload('productpage', 'v1');

describe('the router of the sandbox beside a real Envoy', () => {
  /** The services of the sandbox have no address of their own. */
  const hasAddress = /^\d/;
  const all = earlierRequests.filter(
    ({ name, request }) => !ofThatRig.includes(name) && !hasAddress.test(request.authority),
  );

  it.each(all)('answers as it did: $name, $request.authority $request.path', (earlier) => {
    const routing = routingOf(earlier);
    const ends = Array.from({ length: 200 }, () => endOf(decide(routing, earlier)));

    expect([...new Set(ends)].toSorted()).toEqual(Object.keys(earlier.percent).toSorted());
  });
});

function routingOf({ objects }: EarlierRequest): Routing {
  const routing = new Routing();
  routing.serve(pods);
  for (const object of objects) {
    const kind = `${object.apiVersion.split('/')[0]}/${object.kind}`;
    if (isMeshKind(kind)) routing.take(kind, { ...object.metadata, object });
  }
  return routing;
}

function decide(routing: Routing, { request }: EarlierRequest): Decision {
  const { authority, path = '/', method = 'GET', headers = {} } = request;
  const host = routing.map.hostOf(authority, { kind: 'mesh', namespace: source.namespace });
  const trimmed = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]);
  return routeRequest(
    routing,
    { host, method, path, headers: { ...Object.fromEntries(trimmed), host: authority }, source },
    Math.random,
  );
}

function endOf(decision: Decision): string {
  if (decision.kind === 'forward') return `${decision.pod.app}/${decision.pod.version}`;
  const { status, body, location } = decision;
  return location === undefined ? `${status} ${body}`.trim() : `${status} -> ${location}`;
}
