import { splitServiceWord } from '../../domain/routing/names.ts';
import type { Manifest } from '../../domain/routing/rule-file.ts';
import { type Gathered, Gathering, takesAll } from '../gathering.ts';
import { tellConversion } from '../tell-conversion.ts';
import { convertForConsul, isOfConsul } from './consul.ts';
import type { Conversion, Unconverted } from './conversion.ts';
import { toHttpRule } from './http-rule.ts';
import { obstacleTo } from './obstacles.ts';
import type { RouteRule } from './route-rule.ts';
import { hostOf } from './subsets.ts';

/** Turns rules of 2017 into what does the same today. `present`: the manifests that the file also contains. */
export function convert(rules: readonly RouteRule[], present: readonly Manifest[]): Conversion {
  const both = [
    convertForIstio(
      rules.filter((rule) => !isOfConsul(rule)),
      present,
    ),
    convertForConsul(rules.filter(isOfConsul)),
  ];
  return {
    made: both.flatMap(({ made }) => made),
    conversions: both.flatMap(({ conversions }) => conversions),
    unconverted: both.flatMap(({ unconverted }) => unconverted),
  };
}

/**
 * Turns rules of 2017 into VirtualServices. It makes no DestinationRule, because that
 * would replace an existing one that may have more subsets.
 */
function convertForIstio(rules: readonly RouteRule[], present: readonly Manifest[]): Conversion {
  const gatherings = new Map<string, Gathering>();
  const unconverted: Unconverted[] = [];
  for (const rule of rules) {
    const why = obstacleTo(rule) ?? gather(gatherings, rule);
    if (why !== undefined) unconverted.push({ rule: rule.name, line: rule.object.line, why });
  }
  const all = [...gatherings.values()].map((each) => each.ended());
  return {
    made: all.map((each) => ({ manifest: toVirtualService(each), line: each.line })),
    conversions: all.flatMap((each) => tellConversion(each, present)),
    unconverted,
  };
}

function gather(gatherings: Map<string, Gathering>, rule: RouteRule): string | undefined {
  const host = hostOf(rule.spec.destination, rule.namespace) ?? '';
  const { service: name } = splitServiceWord(host);
  const key = `${rule.namespace ?? ''}/${name}`;
  const gathering = gatherings.get(key) ?? new Gathering(name, host, rule);
  const why = gathering.take(rule, host);
  if (why === undefined) gatherings.set(key, gathering);
  return why;
}

/**
 * In 2017, requests that no rule matched went to all versions. A VirtualService is complete for its host, so today they would get a 404. A
 * last rule without a match keeps the old behaviour.
 */
function toVirtualService({ name, namespace, host, rules }: Gathered): Manifest {
  const rest = rules.some(takesAll) ? [] : [{ route: [{ destination: { host } }] }];
  const http = [...rules.map(toHttpRule), ...rest];
  return { kind: 'VirtualService', name, ...(namespace !== undefined && { namespace }), spec: { hosts: [host], http } };
}
