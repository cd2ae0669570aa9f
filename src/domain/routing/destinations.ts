import { isObject, type Json, type JsonObject } from '../text/json.ts';

/** The hosts that a VirtualService sends requests to, or copies of them, by any of its rules. As they are written. */
export function destinationsIn(spec: JsonObject): readonly string[] {
  const rules = ['http', 'tcp', 'tls'].flatMap((list) => objectsIn(spec[list]));
  const hosts = rules.flatMap((rule) => [
    ...[...objectsIn(rule['route']), ...objectsIn(rule['mirrors'])].map(({ destination }) => hostIn(destination)),
    hostIn(rule['mirror']),
  ]);
  return [...new Set(hosts.filter((host) => host !== undefined))];
}

function objectsIn(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function hostIn(value: Json | undefined): string | undefined {
  const host = isObject(value) ? value['host'] : undefined;
  return typeof host === 'string' ? host : undefined;
}
