import { at, field } from '../../object.ts';
import { error, errorIf, type Finding, warningIf } from '../finding.ts';
import { portErrors } from '../values/numbers.ts';
import { size } from '../values/text.ts';
import { httpStatusErrors } from './fault.ts';

const KB = 1024;

/** Like istiod, returns only the first error. */
export function redirectErrors(redirect: unknown, matches: readonly unknown[]): readonly Finding[] {
  if (redirect === undefined) return [];
  const of = (name: string) => String(field(redirect, name) ?? '');
  const port = field(redirect, 'port') ?? field(redirect, 'derivePort');
  const code = Number(of('redirectCode'));
  const prefix = prefixError(of('uri'), of('prefixRewrite'), matches);
  if (prefix !== undefined) return [error(prefix)];
  if (port === undefined && ['uri', 'prefixRewrite', 'authority', 'scheme'].every((name) => of(name) === '')) {
    return [error('redirect must specify URI, authority, scheme, or port')];
  }
  if (code !== 0 && (code < 300 || code > 399)) return [error(`${code} is not a valid redirect code, must be 3xx`)];
  if (!['', 'http', 'https'].includes(of('scheme'))) {
    return [error('invalid redirect scheme, must be "http" or "https"')];
  }
  return typeof port === 'number' && port > 0 ? portErrors(port) : [];
}

function prefixError(uri: string, prefix: string, matches: readonly unknown[]): string | undefined {
  if (prefix === '') return undefined;
  if (uri !== '') return 'redirect may only specify one of uri or prefix_rewrite';
  const paths = matches.map((match) => field(match, 'uri')).filter((path) => path !== undefined);
  if (paths.every((path) => field(path, 'prefix') !== undefined)) return undefined;
  return 'redirect prefix_rewrite requires all URI matches to use prefix match type';
}

export function directResponseFindings(response: unknown): readonly Finding[] {
  if (response === undefined) return [];
  const bytes = bodySize(field(response, 'body'));
  const large = 'large direct_responses may impact control plane performance';
  return [
    ...errorIf(bytes > KB * KB, `${large}, must be less than 1MB`),
    ...warningIf(bytes > 100 * KB && bytes <= KB * KB, large),
    ...httpStatusErrors(at(response, 'status')),
  ];
}

function bodySize(body: unknown): number {
  const text = field(body, 'string');
  return text === undefined ? Buffer.byteLength(String(field(body, 'bytes') ?? ''), 'base64') : size(String(text));
}
