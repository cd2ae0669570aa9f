import { field, isObject, items } from '../../object.ts';
import { error, errorIf, type Finding, listedErrorIf } from '../finding.ts';
import { durationErrors, isWholeSeconds } from '../values/numbers.ts';
import { regexMatchErrors } from '../values/string-match.ts';
import { quoted, texts } from '../values/text.ts';
import { headerNameErrors } from './headers.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'];

export function corsErrors(policy: unknown): readonly Finding[] {
  const maxAge = field(policy, 'maxAge');
  return [
    ...items(field(policy, 'allowOrigins')).flatMap(originErrors),
    ...texts(field(policy, 'allowMethods')).flatMap((method) =>
      errorIf(!METHODS.includes(method), `${quoted(method)} is not a supported HTTP method`),
    ),
    ...[...texts(field(policy, 'allowHeaders')), ...texts(field(policy, 'exposeHeaders'))].flatMap((name) =>
      name === '*' ? [] : headerNameErrors(name),
    ),
    ...durationErrors(maxAge),
    ...listedErrorIf(
      maxAge !== undefined && !isWholeSeconds(maxAge),
      'max_age duration is accurate only to seconds precision',
    ),
  ];
}

function originErrors(origin: unknown): readonly Finding[] {
  const isEmpty = Object.values(isObject(origin) ? origin : {}).join('') === '';
  if (isEmpty) return [error("'' is not a valid match type for CORS allow origins")];
  return regexMatchErrors(origin, 'corsPolicy.allowOrigins');
}
