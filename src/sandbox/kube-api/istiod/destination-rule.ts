import type { KubeObject } from '../object.ts';
import { field, items } from '../object.ts';
import { errorIf, errorsOf, type Finding } from './finding.ts';
import { trafficPolicyFindings } from './policies/traffic-policy.ts';
import { labelErrors, selectorFindings } from './values/labels.ts';
import { domainErrors, subsetErrors } from './values/names.ts';
import { exportToErrors } from './visibility.ts';

export function destinationRuleFindings({ metadata, spec }: KubeObject): readonly Finding[] {
  const of = (name: string) => field(spec, name);
  const namespace = metadata.namespace ?? '';
  const subsets = items(of('subsets'));
  const names = subsets.map((subset) => String(field(subset, 'name') ?? ''));
  const kind = of('workloadSelector') === undefined ? {} : ({ kind: 'DestinationRule with a selector' } as const);
  return [
    ...domainErrors(String(of('host') ?? '')),
    ...trafficPolicyFindings(of('trafficPolicy'), namespace),
    ...subsets.flatMap((subset, index) => [
      ...errorIf(names.indexOf(names[index] ?? '') < index, `duplicate subset names: ${names[index]}`),
      ...subsetErrors(names[index] ?? ''),
      ...labelErrors(field(subset, 'labels')),
      ...errorsOf(trafficPolicyFindings(field(subset, 'trafficPolicy'), namespace)),
    ]),
    ...exportToErrors({ ...kind, namespace, exportTo: of('exportTo') }),
    ...selectorFindings(of('workloadSelector'), 'matchLabels'),
  ];
}
