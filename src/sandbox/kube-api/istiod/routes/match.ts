import { field, isObject, items } from '../../object.ts';
import { errorIf, errorsOf, type Finding } from '../finding.ts';
import { gatewayFindings } from '../values/gateway-names.ts';
import { labelErrors } from '../values/labels.ts';
import { isLabel } from '../values/names.ts';
import { portErrors } from '../values/numbers.ts';
import { regexMatchErrors, stringMatchErrors } from '../values/string-match.ts';
import { matchedHeaderErrors } from './headers.ts';

/** Checks what a match says of the request itself. */
export function matchErrors(match: unknown): readonly Finding[] {
  const of = (name: string) => field(match, name);
  return [
    ...entries(of('headers')).flatMap(([name, value]) => [
      ...matchedHeaderErrors(name),
      ...stringMatchErrors(value, 'headers'),
    ]),
    ...entries(of('withoutHeaders')).flatMap(([name, value]) => [
      ...matchedHeaderErrors(name),
      // Here `*` means any value, and is not a regular expression.
      ...(field(value, 'regex') === '*' ? [] : stringMatchErrors(value, 'withoutHeaders')),
    ]),
    // The prefix of a path may be empty.
    ...regexMatchErrors(of('uri'), 'uri'),
    ...['scheme', 'method', 'authority'].flatMap((name) => stringMatchErrors(of(name), name)),
    ...entries(of('queryParams')).flatMap(([, value]) => stringMatchErrors(value, 'queryParams')),
  ];
}

/** Checks what a match says of where the request comes from. */
export function callerErrors(match: unknown): readonly Finding[] {
  const port = Number(field(match, 'port') ?? 0);
  const namespace = String(field(match, 'sourceNamespace') ?? '');
  return [
    ...(port === 0 ? [] : portErrors(port)),
    ...labelErrors(field(match, 'sourceLabels')),
    ...errorsOf(gatewayFindings(items(field(match, 'gateways')))),
    ...errorIf(namespace !== '' && !isLabel(namespace), `sourceNamespace match ${namespace} is invalid`),
  ];
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(isObject(value) ? value : {});
}
