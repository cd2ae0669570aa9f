/**
 * Compiles a regular expression of RE2, which Kubernetes, Istio and Envoy use. It names groups as `(?P<name>`, and sets flags with `(?i)`
 * for the rest of the expression. Undefined if JavaScript cannot compile it.
 */
export function fromRe2(regex: string, whole = (pattern: string) => pattern, flags = ''): RegExp | undefined {
  const pattern = regex.replaceAll('(?P<', '(?<').replace(/\(\?([ims]+)\)(.*)$/s, '(?$1:$2)');
  try {
    return new RegExp(whole(pattern), flags);
  } catch {
    return undefined;
  }
}
