import { at, field, items } from '../../object.ts';
import { errorIf, type Finding, warning } from '../finding.ts';
import { durationErrors } from '../values/numbers.ts';
import { directResponseFindings, redirectErrors } from './answers.ts';
import { corsErrors } from './cors.ts';
import { destinationErrors, destinationsErrors, mirrorsErrors, shareErrors } from './destinations.ts';
import { faultErrors } from './fault.ts';
import { authorityErrors, headersErrors } from './headers.ts';
import { callerErrors, matchErrors } from './match.ts';
import { retryErrors } from './retries.ts';
import { rewriteErrors } from './rewrite.ts';

export function httpRouteFindings(route: unknown, isDelegate: boolean): readonly Finding[] {
  const of = (name: string) => field(route, name);
  const matches = items(of('match'));
  return [
    ...conflictErrors(route, isDelegate),
    ...matches.flatMap(matchErrors),
    ...matches.flatMap(callerErrors),
    ...headersErrors(of('headers')),
    ...corsErrors(of('corsPolicy')),
    ...faultErrors(of('fault')),
    ...mirrorPercentFindings(of('mirrorPercent') ?? of('mirror_percent')),
    ...shareErrors('mirror_percentage', at(route, 'mirrorPercentage', 'value')),
    ...destinationErrors(of('mirror')),
    ...mirrorsErrors(of('mirrors')),
    ...redirectErrors(of('redirect'), matches),
    ...directResponseFindings(of('directResponse')),
    ...retryErrors(of('retries')),
    ...rewriteErrors(of('rewrite')),
    ...authorityErrors(of('rewrite'), of('headers')),
    ...destinationsErrors(items(of('route'))),
    ...durationErrors(of('timeout')),
  ];
}

function conflictErrors(route: unknown, isDelegate: boolean): readonly Finding[] {
  const has = (name: string) => field(route, name) !== undefined;
  const name = field(route, 'name') ?? '';
  const routes = items(field(route, 'route')).length > 0;
  if (has('delegate') && !isDelegate) {
    return [
      ...errorIf(has('redirect'), `root HTTP route ${name} must not specify redirect`),
      ...errorIf(routes, `root HTTP route ${name} must not specify route`),
    ];
  }
  return [
    ...errorIf(has('delegate'), 'delegate HTTP route cannot contain delegate'),
    ...(has('redirect') ? besideErrors(route, routes, 'redirect') : []),
    ...(has('directResponse') && !has('redirect') ? besideErrors(route, routes, 'direct_response') : []),
    ...errorIf(
      !routes && !has('redirect') && !has('directResponse'),
      'HTTP route, redirect or direct_response is required',
    ),
    ...errorIf(
      has('mirror') && items(field(route, 'mirrors')).length > 0,
      'HTTP route cannot contain both mirror and mirrors',
    ),
  ];
}

/** Fields that a route may not have beside a redirect or a direct response. */
function besideErrors(route: unknown, routes: boolean, answer: 'redirect' | 'direct_response'): readonly Finding[] {
  const has = (name: string) => field(route, name) !== undefined;
  return [
    ...errorIf(routes, `HTTP route cannot contain both route and ${answer}`),
    ...errorIf(has('fault'), `HTTP route cannot contain both fault and ${answer}`),
    ...errorIf(has('rewrite'), `HTTP route rule cannot contain both rewrite and ${answer}`),
    ...errorIf(
      answer === 'redirect' && has('directResponse'),
      'HTTP route rule cannot contain both direct_response and redirect',
    ),
  ];
}

function mirrorPercentFindings(percent: unknown): readonly Finding[] {
  if (percent === undefined) return [];
  return [
    ...errorIf(Number(percent) > 100, `mirror_percent must have a max value of 100 (it has ${percent})`),
    warning('using deprecated setting "mirrorPercent", use "mirrorPercentage" instead'),
  ];
}
