import { field } from '../../object.ts';
import { error, type Finding } from '../finding.ts';
import { regexErrors } from '../values/string-match.ts';

/** Like istiod, returns only the first error. */
export function rewriteErrors(rewrite: unknown): readonly Finding[] {
  if (rewrite === undefined) return [];
  const of = (name: string) => String(field(rewrite, name) ?? '');
  const regex = field(rewrite, 'uriRegexRewrite');
  if (of('uri') !== '' && regex !== undefined) {
    return [error('rewrite may only contain one of URI or UriRegexRewrite')];
  }
  if (of('uri') === '' && regex === undefined && of('authority') === '') {
    const rest = 'Only one of URI or UriRegexRewrite may be specified';
    return [error(`rewrite must specify at least one of URI, UriRegexRewrite, or authority. ${rest}`)];
  }
  if (regex === undefined) return [];
  const [match, by] = [String(field(regex, 'match') ?? ''), String(field(regex, 'rewrite') ?? '')];
  const wrong =
    match === '' || by === ''
      ? [error('UriRegexRewrite requires both Rewrite and Match fields to be specified')]
      : regexErrors(match, 'HTTPRewrite.UriRegexRewrite.Match');
  return wrong.map(({ text }) => error(`UriRegexRewrite has errors\n${text}`));
}
